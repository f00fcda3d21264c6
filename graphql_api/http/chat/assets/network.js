// Whether this device has a network: what the browser says of it, and the page's own switch.

/** What a request fails with that nobody answered: it may have arrived, or not. */
export class Unreachable extends Error {}

/** Fires `change` when the network comes or goes. */
export class Network extends EventTarget {
  #isCut = false;
  #requests = new Set();

  constructor() {
    super();
    for (const name of ['online', 'offline']) window.addEventListener(name, () => this.#tell());
  }

  get isOnline() {
    return navigator.onLine && !this.#isCut;
  }

  get isCut() {
    return this.#isCut;
  }

  /** Take this page alone off the network, requests under way included, or put it back. */
  cut(isCut) {
    if (isCut === this.#isCut) return;
    this.#isCut = isCut;
    if (isCut) this.#requests.forEach((request) => request.abort());
    this.#tell();
  }

  /** `fetch`, whose failures and time-outs are all Unreachable. */
  async fetch(url, options, patienceSeconds = 15) {
    if (!this.isOnline) throw new Unreachable('There is no network.');
    const request = new AbortController();
    const timer = setTimeout(() => request.abort(), patienceSeconds * 1000);
    this.#requests.add(request);
    try {
      const response = await fetch(url, { ...options, signal: request.signal });
      // Here, so that an answer that is cut in the middle counts as none.
      return { status: response.status, text: await response.text() };
    } catch (error) {
      throw new Unreachable('The server cannot be reached.', { cause: error });
    } finally {
      clearTimeout(timer);
      this.#requests.delete(request);
    }
  }

  /** Wait that long, or until the network comes back. */
  pause(seconds) {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.removeEventListener('change', changed);
        resolve();
      };
      const changed = () => this.isOnline && end();
      const timer = setTimeout(end, seconds * 1000);
      this.addEventListener('change', changed);
    });
  }

  /** Back off: each time twice as long, at most ten seconds, and not all devices at once. */
  backOff(attempt) {
    const seconds = Math.min(10, 0.25 * 2 ** attempt);
    return this.pause(seconds * (0.5 + Math.random() / 2));
  }

  #tell() {
    this.dispatchEvent(new Event('change'));
  }
}
