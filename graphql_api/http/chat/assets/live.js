// Subscriptions over one WebSocket, by the stock graphql-ws client, that go on where they were.
import { createClient } from './graphql-ws/client.js';
import { Refused, isPassing } from './api.js';

const PING_SECONDS = 10;
const PONG_SECONDS = 5;
const REFUSED_TOKEN = 4403;

/** Fires `change` when `status` does: connecting, connected, reconnecting or offline. */
export class Live extends EventTarget {
  status = 'connecting';
  #network;
  #tokens;
  #client;
  #socket = null;
  #overdue;
  #renewal;
  #ready;

  constructor(network, tokens) {
    super();
    this.#network = network;
    this.#tokens = tokens;
    this.#client = createClient({
      url: new URL('/graphql', location.href).href.replace(/^http/, 'ws'),
      connectionParams: () => ({ authorization: tokens.authorization }),
      keepAlive: PING_SECONDS * 1000,
      retryAttempts: Infinity,
      shouldRetry: () => true,
      retryWait: async (attempt) => {
        await network.backOff(attempt);
        await this.#signedIn();
      },
      on: {
        opened: (socket) => (this.#socket = socket),
        connected: () => this.#set('connected'),
        closed: (event) => this.#closed(event),
        error: () => this.#set('reconnecting'),
        ping: (received, payload) => (received ? this.#pinged(payload) : this.#expectPong()),
        pong: (received, payload) => received && this.#ponged(payload),
      },
    });
    this.#ready = this.#signedIn();
    network.addEventListener('change', () => this.#networkChanged());
    this.#networkChanged();
  }

  /**
   * Follow a subscription until the function that this gives is called.
   *
   * A connection that comes back asks `after` the last cursor: graphql-ws sends `variables` as they
   * are at that moment, and they are kept up to date here.
   *
   * @param query of a subscription with one field and the variable `$after`
   * @param variables of it, without `after`
   * @param onEvent called with each event
   * @param onRefused called with a Refused that asking again will not change
   */
  follow(query, variables, onEvent, onRefused) {
    const payload = { query, variables: { ...variables } };
    let stop = () => {};
    let isOver = false;
    let failures = 0;
    const again = async (error) => {
      if (isOver) return;
      const refusal = Array.isArray(error) ? new Refused(error[0]) : error;
      if (refusal instanceof Refused && refusal.code !== 'UNAUTHENTICATED' && !isPassing(refusal)) {
        onRefused(refusal);
        return;
      }
      await this.#network.backOff(failures++);
      begin();
    };
    const begin = async () => {
      await this.#ready;
      if (isOver) return;
      stop = this.#client.subscribe(payload, {
        next: ({ data, errors }) => {
          if (isOver) return;
          if (errors) {
            stop();
            again(errors);
            return;
          }
          failures = 0;
          const [event] = Object.values(data);
          onEvent(event);
          // After it was dealt with: what failed here is asked for again.
          payload.variables.after = event.cursor;
        },
        error: again,
        complete: () => {},
      });
    };
    begin();
    return () => {
      isOver = true;
      stop();
    };
  }

  /** Wait for a token, and with it for a network. */
  async #signedIn() {
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#tokens.fresh();
        // With a token that is still good, nobody has asked the network yet.
        if (this.#network.isOnline) return;
      } catch (error) {
        if (!isPassing(error)) throw error;
      }
      await this.#network.backOff(attempt);
    }
  }

  #closed(event) {
    clearTimeout(this.#overdue);
    clearTimeout(this.#renewal);
    this.#socket = null;
    if (event.code === REFUSED_TOKEN) this.#tokens.drop();
    this.#set(event.code === 1000 ? 'connecting' : 'reconnecting');
  }

  /** A socket that is dead without a word is given up. */
  #expectPong() {
    clearTimeout(this.#overdue);
    this.#overdue = setTimeout(() => this.#client.terminate(), PONG_SECONDS * 1000);
  }

  /** The server says that the token runs out soon. A short one is always about to: half its life. */
  #pinged(payload) {
    if (payload?.reason !== 'token_expiring') return;
    clearTimeout(this.#renewal);
    this.#renewal = setTimeout(() => this.#renew(this.#socket), this.#tokens.halfTime);
  }

  /** Renew the token on this very socket, so that nothing on it is interrupted. */
  async #renew(socket) {
    try {
      await this.#tokens.renew();
    } catch (error) {
      if (!isPassing(error)) throw error;
      return; // the server closes at the end, and the next connection brings a new one
    }
    if (socket !== this.#socket || socket?.readyState !== WebSocket.OPEN) return;
    const { authorization } = this.#tokens;
    socket.send(JSON.stringify({ type: 'ping', payload: { authorization } }));
  }

  #ponged(payload) {
    clearTimeout(this.#overdue);
    if (payload?.authorization === 'refused') this.#tokens.drop();
  }

  #networkChanged() {
    if (this.#network.isOnline) {
      if (this.status === 'offline') this.#set('reconnecting');
    } else {
      this.#set('offline');
      this.#client.terminate();
    }
  }

  #set(status) {
    this.status = this.#network.isOnline ? status : 'offline';
    this.dispatchEvent(new Event('change'));
  }
}
