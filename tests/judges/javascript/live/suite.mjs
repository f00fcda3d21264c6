// What an app relies on when it follows a chat, whatever client it uses.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CONVERSATIONS, EVENTS, Heard, RENAME, REPLY, SEND, SIGN_OUT,
  ask, mint, order, startConversation, textOf, tokens, writer,
} from './stage.mjs';

const SHORT = 2; // seconds that a token lives, where it expires
const LONG = 600;

/**
 * Try a client.
 *
 * @param open gives one, from `{ token, renews }`: `ask(query, variables)` gives data by HTTP,
 *   `subscribe(query, variables, heard)` a function that ends it, `connections()` how many were
 *   made, `close()` ends it. With `renews`, it hands new tokens in on the open connection.
 * @param rules `inBand`: whether it can do that.
 */
export function suite(open, { inBand }) {
  const opened = (t, given) => {
    const client = open(given);
    t.after(() => client.close());
    return client;
  };
  const follow = (client, query, variables) => {
    const heard = new Heard();
    const stop = client.subscribe(query, variables, heard);
    return Object.assign(heard, { stop });
  };

  test('a token that expires three times is renewed by reconnecting: nothing is lost, doubled or out of order', async (t) => {
    const { token, ends } = tokens(SHORT);
    const client = opened(t, { token });

    const { heard, said } = await followed(t, client, () => client.connections() >= 4);

    assert.ok(ends.length >= 4);
    heard.assertAll(...said);
  });

  test('a token that expires three times is renewed in band, on one connection', { skip: !inBand }, async (t) => {
    const { token, ends } = tokens(2 * SHORT);
    const client = opened(t, { token, renews: true });

    const over = () => ends.length > 3 && Date.now() / 1000 > ends[2] + 0.5;
    const { heard, said } = await followed(t, client, over);

    assert.equal(client.connections(), 1);
    assert.ok(ends.length < 20, `a token was asked for ${ends.length} times`);
    heard.assertAll(...said);
  });

  /** Follow a conversation that two devices write to, until it has lasted long enough. */
  async function followed(t, client, isEnough) {
    const id = await startConversation('renewal');
    const heard = follow(client, EVENTS, { id, after: '0' });
    await heard.caughtUp();
    const writers = [writer(t, id, 'phone'), writer(t, id, 'laptop')];
    await heard.until(isEnough);
    const said = await Promise.all(writers.map((one) => one.stop()));
    const all = said.flat().length;
    await heard.until(() => heard.told.length >= all);
    await sleep(100); // whatever would be doubled has come now
    heard.stop();
    return { heard, said };
  }

  test('shows a chat live: the reply as it is written, the conversation, the list', async (t) => {
    const client = opened(t, { token: async () => mint(LONG) });
    const id = await startConversation('live');
    const conversation = follow(client, EVENTS, { id, after: '0' });
    const list = follow(client, CONVERSATIONS, {});
    await Promise.all([conversation.caughtUp(), list.caughtUp()]);

    const input = { conversationId: id, content: 'I cannot sleep 🌙.' };
    const { sendMessage } = await client.ask(SEND, { input });
    const reply = follow(client, REPLY, { id: sendMessage.reply.id });
    const { message } = await reply.event((event) => event.__typename === 'MessageFinished');

    assert.equal(message.state, 'COMPLETE');
    assert.equal(textOf(reply.events), message.content);
    assert.match(message.content, /sleep 🌙/);
    assert.ok(reply.events.filter((event) => event.text).length > 1, 'it came in pieces');
    await conversation.event((event) => event.message?.content === input.content);
    await conversation.event((event) => event.message?.content === message.content);
    await list.event((event) => event.conversation?.id === id && event.conversation.messageCount === 2);
  });

  test('hears of a mistake only where it was made', async (t) => {
    const client = opened(t, { token: async () => mint(LONG) });
    const id = await startConversation('mistakes');
    const good = follow(client, EVENTS, { id, after: '0' });
    await good.caughtUp();

    const unknown = follow(client, 'subscription { nothingLikeThat { cursor } }', {});
    const malformed = follow(client, EVENTS, { id, after: 'no cursor' });
    const hidden = follow(client, EVENTS, { id: randomUUID() });
    for (const bad of [unknown, malformed, hidden]) await bad.until(() => bad.errors);
    await ask(RENAME, { id, title: 'still here' });
    await good.event((event) => event.conversation?.title === 'still here');

    assert.match(unknown.errors[0].message, /nothingLikeThat/);
    assert.equal(malformed.errors[0].extensions.code, 'BAD_INPUT');
    assert.equal(malformed.errors[0].extensions.field, 'after');
    assert.equal(hidden.errors[0].extensions.code, 'NOT_FOUND');
    assert.equal(good.errors, undefined);
  });

  test('comes back by itself when the server restarts mid-reply, and nothing is lost', async (t) => {
    const client = opened(t, { token: async () => mint(LONG) });
    const id = await startConversation('restart');
    const heard = follow(client, EVENTS, { id, after: '0' });
    await heard.caughtUp();
    const phone = writer(t, id, 'phone');
    const other = await startConversation('reply');
    const { sendMessage } = await ask(SEND, { input: { conversationId: other, content: 'Tell me more.' } });
    const reply = follow(client, REPLY, { id: sendMessage.reply.id });
    await reply.event((event) => event.text);

    await order('stop');
    await sleep(300); // nobody is there
    await order('start');
    const finished = await reply.event((event) => event.__typename === 'MessageFinished');
    const before = heard.told.length;
    await heard.until(() => heard.told.length > before + 3);
    const said = await phone.stop();
    await heard.until(() => heard.told.length >= said.length);
    await sleep(100);

    heard.assertAll(said);
    assert.equal(textOf(reply.events), finished.message.content);
    if (client.codes) assert.equal(client.codes()[0], 1012);
  });

  test('hears nothing any more from the moment that she is signed out', async (t) => {
    const session = randomUUID();
    let isIn = true;
    const token = async () => {
      if (!isIn) throw new Error('Signed out');
      return mint(LONG, session);
    };
    const client = opened(t, { token });
    const id = await startConversation('goodbye');
    const heard = follow(client, EVENTS, { id, after: '0' });
    await heard.caughtUp();

    await ask(SIGN_OUT, {}, await token());
    const after = heard.events.length;
    isIn = false;
    await ask(SEND, { input: { conversationId: id, content: 'not for her', answer: false } });
    await heard.until(() => heard.errors);
    await sleep(300);

    const [{ reason, message }] = heard.errors;
    assert.match(reason ?? message, /signed out/i);
    assert.equal(heard.events.length, after);
  });
}
