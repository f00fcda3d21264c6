// What was said and is not known to be stored yet. Each has its id from the first moment, so that
// it may be sent as often as it takes, and is stored once. It outlives a reload of the page.
import { isPassing } from './api.js';
import { SEND } from './documents.js';
import { uuidV7 } from './ids.js';

/** Fires `change` when something in it does. */
export class Outbox extends EventTarget {
  /** In their order. `state` is waiting, sending or refused; then `problem` says why. */
  entries;
  #key;
  #api;
  #chat;
  #network;
  #isRunning = false;

  /** `key` names the person and the device: another device has an outbox of its own. */
  constructor(key, { api, chat, network }) {
    super();
    this.#key = `cairn.outbox.${key}`;
    this.#api = api;
    this.#chat = chat;
    this.#network = network;
    this.entries = JSON.parse(sessionStorage.getItem(this.#key) ?? '[]');
    for (const entry of this.entries) if (entry.state === 'sending') entry.state = 'waiting';
    // Another answer may tell that it is stored, when the one to its sending was lost.
    chat.addEventListener('change', () => this.#forgetStored());
    this.#run();
  }

  /** Those of one conversation. */
  of(conversationId) {
    return this.entries.filter((entry) => entry.conversationId === conversationId);
  }

  has(id) {
    return this.entries.some((entry) => entry.id === id);
  }

  /** Send it, sooner or later. */
  add(conversationId, content) {
    const createdAt = new Date().toISOString();
    this.entries.push({ id: uuidV7(), conversationId, content, createdAt, state: 'waiting' });
    this.#changed();
    this.#run();
  }

  /** Try one that was refused once more. */
  again(id) {
    this.#change(id, { state: 'waiting', problem: undefined });
    this.#run();
  }

  /** Give up on one, and give back what it said. */
  discard(id) {
    const entry = this.entries.find((one) => one.id === id);
    this.entries = this.entries.filter((one) => one.id !== id);
    this.#changed();
    return entry?.content ?? '';
  }

  /** One after the other, since their order is that of the conversation. */
  async #run() {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let attempt = 0; ; ) {
      const next = this.entries.find((entry) => entry.state === 'waiting');
      if (!next) break;
      if (await this.#send(next)) attempt = 0;
      else await this.#network.backOff(attempt++);
    }
    this.#isRunning = false;
  }

  /** Tell whether this one is settled: stored or refused. */
  async #send({ id, conversationId, content }) {
    this.#change(id, { state: 'sending' });
    try {
      const { sendMessage } = await this.#api.ask(SEND, { id, conversationId, content });
      const { opened } = this.#chat;
      if (opened?.id === conversationId) {
        opened.putNew(sendMessage.message);
        opened.putNew(sendMessage.reply);
      }
      this.discard(id);
      this.#chat.tell();
      return true;
    } catch (error) {
      const isSettled = !isPassing(error);
      const problem = isSettled ? error.message : undefined;
      this.#change(id, { state: isSettled ? 'refused' : 'waiting', problem });
      return isSettled;
    }
  }

  #forgetStored() {
    const stored = this.#chat.opened?.messages;
    const left = this.entries.filter((entry) => !stored?.has(entry.id));
    if (left.length === this.entries.length) return;
    this.entries = left;
    this.#changed();
  }

  #change(id, changes) {
    this.entries = this.entries.map((one) => (one.id === id ? { ...one, ...changes } : one));
    this.#changed();
  }

  #changed() {
    sessionStorage.setItem(this.#key, JSON.stringify(this.entries));
    this.dispatchEvent(new Event('change'));
  }
}
