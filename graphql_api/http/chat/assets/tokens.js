// The access token of whoever uses this page. It lives two minutes, so that renewing it is real.
import { Unreachable } from './network.js';

/** Gives tokens, from `/development/token`; an app would ask Supabase Auth instead. */
export class Tokens {
  #network;
  #url;
  #token = null;
  #gotAt = 0;
  #expiresAt = 0;
  #asking = null;

  /** Sign in as `who`; `seconds`, when given, makes tokens live as long as that. */
  constructor(network, who, seconds) {
    this.#network = network;
    const query = new URLSearchParams({ who, ...(seconds && { seconds }) });
    this.#url = `/development/token?${query}`;
  }

  /** The header's value for the token that was got last, expired or not. */
  get authorization() {
    return `Bearer ${this.#token}`;
  }

  /** Give a header's value that is good for some more seconds. Throws Unreachable. */
  async fresh() {
    const spare = 3_000;
    if (Date.now() + spare >= this.#expiresAt) await this.renew();
    return this.authorization;
  }

  /** Milliseconds until half of its life is over. */
  get halfTime() {
    return Math.max(0, (this.#gotAt + this.#expiresAt) / 2 - Date.now());
  }

  /** Get a new token, once for all who ask at the same time. Throws Unreachable. */
  async renew() {
    this.#asking ??= this.#ask().finally(() => (this.#asking = null));
    await this.#asking;
    return this.authorization;
  }

  /** Use it no more: the server has refused it. */
  drop() {
    this.#expiresAt = 0;
  }

  async #ask() {
    const { status, text } = await this.#network.fetch(this.#url, { method: 'POST' });
    if (status !== 200) throw new Unreachable(`There is no token: ${text}`);
    const { token, expiresInSeconds } = JSON.parse(text);
    this.#token = token;
    this.#gotAt = Date.now();
    this.#expiresAt = this.#gotAt + expiresInSeconds * 1000;
  }
}
