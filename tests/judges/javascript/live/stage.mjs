// What every live judge stands on: tokens of her own making, a server that can be stopped, a writer.
import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';

export const HTTP = process.env.ENDPOINT;
export const SOCKET = HTTP.replace(/^http/, 'ws');
// Node has one of its own from version 22 on, as browsers have; Apollo names it when a socket fails.
globalThis.WebSocket ??= WebSocket;

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Sign Ana in as Supabase Auth does, for some seconds; a session is one device. */
export function mint(seconds, session = process.env.ANA_SESSION) {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    sub: process.env.ANA_ID, role: 'authenticated', aud: 'authenticated',
    iat: now, exp: now + seconds, session_id: session, aal: 'aal1', is_anonymous: false,
  };
  const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${text}.${createHmac('sha256', process.env.SECRET).update(text).digest('base64url')}`;
}

/** A source of tokens, which remembers when each of them ends (in seconds since 1970). */
export function tokens(seconds, session) {
  const ends = [];
  const token = async () => {
    const made = mint(seconds, session);
    ends.push(JSON.parse(Buffer.from(made.split('.')[1], 'base64url')).exp);
    return made;
  };
  return { token, ends };
}

/** Have `tests/judges/live_clients.py` do something to the server: `stop` or `start` it. */
export async function order(word) {
  const socket = connect(Number(process.env.ORDERS_PORT), '127.0.0.1');
  socket.write(`${word}\n`);
  let said = '';
  for await (const piece of socket) said += piece;
  assert.equal(said, 'done\n');
}

/** The data of an operation by plain HTTP. */
export async function ask(query, variables, token = mint(600)) {
  const response = await fetch(HTTP, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

export async function startConversation(title) {
  return (await ask(START, { title })).startConversation.id;
}

/** Write messages that nobody answers, until told to stop; each comes to be in spite of restarts. */
export function writer(t, conversationId, name, pause = 40) {
  const said = [];
  let goesOn = true;
  const work = (async () => {
    for (let number = 1; goesOn; number += 1) {
      const input = { conversationId, id: randomUUID(), content: `${name} ${number}`, answer: false };
      // Repeating with one id is safe: the first message is the answer.
      while (!(await ask(SEND, { input }).then(() => true, isUnreachable))) await sleep(50);
      said.push(input.content);
      await sleep(pause);
    }
  })();
  t.after(() => (goesOn = false));
  const stop = async () => {
    goesOn = false;
    await work;
    return said;
  };
  return { said, stop };
}

function isUnreachable(error) {
  if (error instanceof TypeError || error instanceof SyntaxError) return false;
  // A server that is stopping says so.
  if (/UNAVAILABLE/.test(error.message)) return false;
  throw error;
}

/** What one subscriber is told, in its order. */
export class Heard {
  events = [];
  errors = undefined;
  isComplete = false;
  #wake = () => {};

  next(event) {
    this.events.push(event);
    this.#wake();
  }

  fail(errors) {
    this.errors = errors;
    this.#wake();
  }

  complete() {
    this.isComplete = true;
    this.#wake();
  }

  /** Wait for the first event, from now on or before, that satisfies. */
  async event(holds) {
    await this.until(() => this.events.some(holds));
    return this.events.find(holds);
  }

  async until(holds, seconds = 20) {
    const end = Date.now() + seconds * 1000;
    while (!holds(this)) {
      const left = end - Date.now();
      assert.ok(left > 0, `nothing like ${holds} in ${JSON.stringify(this.events.slice(-3))}, ${this.errors}`);
      const timer = new AbortController();
      await Promise.race([
        new Promise((go) => (this.#wake = go)),
        sleep(left, undefined, { signal: timer.signal }).catch(() => {}),
      ]);
      timer.abort();
    }
  }

  caughtUp() {
    return this.event(({ __typename }) => __typename === 'CaughtUp');
  }

  /** The messages that were told, by their text. */
  get told() {
    return this.events.filter((event) => event.message).map((event) => event.message.content);
  }

  /** Fail unless exactly what writers said was told: nothing lost, doubled or out of order. */
  assertAll(...all) {
    const numbers = this.events.filter((event) => event.seq).map((event) => event.seq);
    assert.deepEqual(numbers, [...new Set(numbers)].sort((a, b) => a - b), 'in order, each once');
    assert.equal(this.told.length, new Set(this.told).size, 'nothing is doubled');
    for (const said of all) {
      const [name] = said[0].split(' ');
      assert.deepEqual(this.told.filter((text) => text.startsWith(`${name} `)), said);
    }
    assert.equal(this.told.length, all.flat().length);
    assert.equal(this.errors, undefined);
  }
}

/** A stock WebSocket that remembers its close codes; all that were opened are in `opened`. */
export function watched() {
  const opened = [];
  class Watched extends WebSocket {
    constructor(...given) {
      super(...given);
      opened.push(this);
      this.addEventListener('close', ({ code, reason }) => Object.assign(this, { code, reason }));
    }
  }
  return { WebSocket: Watched, opened };
}

export const START = /* GraphQL */ `
  mutation Start($title: String!) { startConversation(input: { title: $title }) { id } }
`;

export const RENAME = /* GraphQL */ `
  mutation Rename($id: UUID!, $title: String!) {
    renameConversation(input: { id: $id, title: $title }) { nodeId id title }
  }
`;

export const SEND = /* GraphQL */ `
  mutation Send($input: SendMessageInput!) {
    sendMessage(input: $input) { message { nodeId id content } reply { nodeId id state } }
  }
`;

export const SIGN_OUT = /* GraphQL */ `
  mutation SignOut { endSession(input: {}) { id } }
`;

export const EVENTS = /* GraphQL */ `
  subscription Events($id: UUID!, $after: String) {
    conversationEvents(conversationId: $id, after: $after) {
      __typename
      ... on MessageChanged { cursor seq message { nodeId id role state content } }
      ... on MessageDeleted { cursor seq deletedId }
      ... on SummaryChanged { cursor seq summary { nodeId summary } }
      ... on ConversationChanged { cursor seq conversation { nodeId id title status } }
      ... on ConversationDeleted { cursor seq deletedId }
      ... on CaughtUp { cursor }
      ... on ResyncRequired { cursor reason }
    }
  }
`;

export const CONVERSATIONS = /* GraphQL */ `
  subscription Conversations($after: String) {
    viewerEvents(after: $after) {
      __typename
      ... on ConversationChanged { cursor seq conversation { nodeId id title messageCount } }
      ... on ConversationDeleted { cursor seq deletedId }
      ... on CaughtUp { cursor }
      ... on ResyncRequired { cursor reason }
    }
  }
`;

export const REPLY = /* GraphQL */ `
  subscription Reply($id: UUID!, $after: String) {
    messageStream(messageId: $id, after: $after) {
      __typename
      ... on MessageText { cursor offset text }
      ... on MessageReplaced { cursor replacement: text }
      ... on MessageFinished { cursor message { nodeId id state content } }
      ... on CaughtUp { cursor }
    }
  }
`;

/** The text that pieces of a reply make, each after so many characters of what was before. */
export function textOf(events) {
  let text = [];
  for (const event of events) {
    if (event.__typename === 'MessageText') text = [...text.slice(0, event.offset), ...event.text];
  }
  return text.join('');
}
