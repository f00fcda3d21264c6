// Queries and mutations over HTTP.
import { Unreachable } from './network.js';

// What may go well a moment later, with the same variables.
const PASSING = new Set(['TIMEOUT', 'UNAVAILABLE']);

/** What the server will not do, and why; `code` is one of the API's ten. */
export class Refused extends Error {
  constructor({ message, extensions }) {
    super(message);
    this.code = extensions?.code ?? 'INTERNAL';
  }
}

/** Tell whether asking the same again, later, may help. */
export const isPassing = (error) => error instanceof Unreachable || PASSING.has(error.code);

/** Asks the API in the name of whoever `tokens` signs in. */
export class Api {
  #network;
  #tokens;

  constructor(network, tokens) {
    this.#network = network;
    this.#tokens = tokens;
  }

  /** Give `data`. Throws Refused, or Unreachable when nobody knows whether it was done. */
  async ask(query, variables) {
    const body = JSON.stringify({ query, variables });
    const answer = await this.#post(body);
    if (answer.errors?.[0].extensions?.code !== 'UNAUTHENTICATED') return data(answer);
    this.#tokens.drop();
    return data(await this.#post(body));
  }

  async #post(body) {
    const { status, text } = await this.#network.fetch('/graphql', {
      method: 'POST',
      headers: {
        accept: 'application/graphql-response+json',
        'content-type': 'application/json',
        authorization: await this.#tokens.fresh(),
      },
      body,
    });
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new Unreachable(`Something between here and the API said ${status}.`, { cause: error });
    }
  }
}

function data(answer) {
  if (answer.errors) throw new Refused(answer.errors[0]);
  return answer.data;
}
