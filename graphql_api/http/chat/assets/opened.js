// One conversation on the screen: its messages, its summary, and answers while they are written.
import * as documents from './documents.js';

/** Tell whether a message is an answer that is still to come, or coming. */
export const isUnderWay = (message) => message.state === 'QUEUED' || message.state === 'STREAMING';

export class Opened {
  conversation = null;
  /** By id. Each has `text` besides what the API gives: what there is of it to be read. */
  messages = new Map();
  summary = null;
  /** The cursor of the first message, when there are earlier ones. */
  earlier = null;
  isLoaded = false;
  /** A sentence that says why there is nothing to see. */
  problem = null;
  #api;
  #live;
  #chat;
  #stop;
  #streams = new Map();
  #touched = new Set();

  constructor(id, { api, live, chat }) {
    this.id = id;
    this.#api = api;
    this.#live = live;
    this.#chat = chat;
    this.#stop = live.follow(
      documents.CONVERSATION_EVENTS,
      { id },
      (event) => this.#event(event),
      (error) => this.#fail(error),
    );
  }

  close() {
    this.#stop();
    this.#touched = null;
    for (const stop of this.#streams.values()) stop();
    this.#streams.clear();
  }

  /** The messages in their order. */
  get ordered() {
    return [...this.messages.values()].sort((one, other) => one.turn - other.turn);
  }

  /** The answer that is being written, or waits to be; the latest of them. */
  get underWay() {
    return this.ordered.findLast(isUnderWay);
  }

  get isEnded() {
    return this.conversation?.status === 'COMPLETED' || this.conversation?.status === 'ARCHIVED';
  }

  /** Fetch the messages before the first one that is here. Throws Refused. */
  async loadEarlier() {
    const { conversation } = await this.#ask(this.earlier);
    if (this.#touched === null) return;
    for (const message of conversation.messages.nodes) this.putNew(message);
    this.#keepPlace(conversation.messages.pageInfo);
    this.#chat.tell();
  }

  /** Stop an answer; what was already said of it stays. Throws Refused. */
  async cancel(id) {
    const { cancelReply } = await this.#chat.persist(documents.CANCEL, { id });
    this.#put(cancelReply.reply);
    this.#chat.tell();
  }

  /** Have an answer that failed written once more. Throws Refused or Unreachable. */
  async retry(id) {
    const { retryReply } = await this.#api.ask(documents.RETRY, { id });
    // What is live may have told by now that it is written already.
    if (this.messages.get(id)?.state === 'FAILED') this.#put(retryReply.reply);
    this.#chat.tell();
  }

  /** Say something else instead of the last message. Throws Refused or Unreachable. */
  async edit(id, content) {
    const { editMessage } = await this.#api.ask(documents.EDIT, { id, content });
    const { message, reply } = editMessage;
    // What came of the old words is gone, also while the events that say so are on their way.
    for (const { id: old, turn } of this.ordered) {
      if (turn > message.turn && turn < reply?.turn) this.#remove(old);
    }
    this.#put(message);
    this.putNew(reply);
    this.#chat.tell();
  }

  /** End the conversation. Throws Refused. */
  async complete() {
    const { completeConversation } = await this.#chat.persist(documents.COMPLETE, { id: this.id });
    this.conversation = completeConversation;
    this.#chat.tell();
  }

  /** Take a row that may be older than what is live: only when nothing is known of it yet. */
  putNew(message) {
    if (message && !this.messages.has(message.id)) this.#put(message);
  }

  #event(event) {
    switch (event.__typename) {
      case 'CaughtUp':
        if (!this.isLoaded) this.#load();
        return;
      case 'ResyncRequired':
        this.#load();
        return;
      case 'MessageChanged':
        this.#touched.add(event.message.id);
        this.#put(event.message);
        break;
      case 'MessageDeleted':
        this.#touched.add(event.deletedId);
        this.#remove(event.deletedId);
        break;
      case 'SummaryChanged':
        this.#touched.add('summary');
        this.summary = event.summary;
        break;
      case 'ConversationChanged':
        this.#touched.add('conversation');
        this.conversation = event.conversation;
        break;
      case 'ConversationDeleted':
        this.problem = 'This conversation was deleted.';
    }
    this.#chat.tell();
  }

  /** Fetch all anew; what comes live in the meantime is newer, and stays. */
  async #load() {
    const touched = (this.#touched = new Set());
    let conversation;
    try {
      ({ conversation } = await this.#ask(null));
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (touched !== this.#touched) return; // closed, or a later one is on its way
    if (conversation === null) {
      this.#fail({ message: 'There is no such conversation, or it is not yours.' });
      return;
    }
    const came = new Set(conversation.messages.nodes.map((message) => message.id));
    for (const id of this.messages.keys()) if (!came.has(id) && !touched.has(id)) this.#remove(id);
    for (const message of conversation.messages.nodes) {
      if (!touched.has(message.id)) this.#put(message);
    }
    if (!touched.has('summary')) this.summary = conversation.summaries.nodes[0] ?? null;
    if (!touched.has('conversation')) this.conversation = conversation;
    this.#keepPlace(conversation.messages.pageInfo);
    this.isLoaded = true;
    this.#chat.tell();
  }

  #ask(before) {
    return this.#chat.persist(documents.OPEN, { id: this.id, before });
  }

  #keepPlace({ hasPreviousPage, startCursor }) {
    this.earlier = hasPreviousPage ? startCursor : null;
  }

  #fail(error) {
    this.problem = error.message;
    this.#chat.tell();
  }

  #remove(id) {
    this.#unfollow(id);
    this.messages.delete(id);
  }

  #put(message) {
    const known = this.messages.get(message.id);
    // While its stream is followed, the stream alone says how far the text is.
    const draft = known && this.#streams.has(message.id) ? known.text : (message.draft ?? '');
    const text = isUnderWay(message) ? draft : message.content;
    this.messages.set(message.id, { ...message, text });
    if (isUnderWay(message)) this.#follow(message.id);
    else this.#unfollow(message.id);
  }

  #follow(id) {
    if (this.#streams.has(id)) return;
    const stop = this.#live.follow(
      documents.MESSAGE_STREAM,
      { id },
      (event) => this.#streamed(id, event),
      // Hidden or deleted by now: the conversation's own events tell what became of it.
      () => this.#unfollow(id),
    );
    this.#streams.set(id, stop);
  }

  #unfollow(id) {
    this.#streams.get(id)?.();
    this.#streams.delete(id);
  }

  #streamed(id, event) {
    const known = this.messages.get(id);
    if (!known) return;
    if (event.__typename === 'MessageText') {
      // The offset counts characters, and JavaScript's own length counts halves of some.
      known.text = Array.from(known.text).slice(0, event.offset).join('') + event.text;
    } else if (event.__typename === 'MessageReplaced') {
      known.text = event.text;
    } else if (event.__typename === 'MessageFinished') {
      this.#unfollow(id);
      this.#put(event.message);
    }
    this.#chat.tell();
  }
}
