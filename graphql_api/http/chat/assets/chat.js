// Everything that is known of one person's conversations, kept up to date by what is live.
import { isPassing } from './api.js';
import * as documents from './documents.js';
import { uuidV7 } from './ids.js';
import { Opened } from './opened.js';

/** Fires `change` whenever something in it does. */
export class Chat extends EventTarget {
  /** By id. */
  conversations = new Map();
  /** Whether these are all: false until the first of them have come. */
  isListed = false;
  /** The cursor of the last one, when there are more. */
  more = null;
  /** The conversation on the screen, or null. */
  opened = null;
  #api;
  #live;
  #network;
  #touched = new Set();

  constructor(api, live, network) {
    super();
    this.#api = api;
    this.#live = live;
    this.#network = network;
  }

  /** The conversations, the latest first. */
  get listed() {
    const all = [...this.conversations.values()];
    return all.sort((one, other) => Date.parse(other.lastMessageAt) - Date.parse(one.lastMessageAt));
  }

  /** Follow all conversations. What is live is asked first and the list then: so nothing is missed. */
  begin() {
    this.#live.follow(documents.VIEWER_EVENTS, {}, (event) => this.#viewerEvent(event), (error) => {
      throw error;
    });
  }

  #viewerEvent(event) {
    switch (event.__typename) {
      case 'CaughtUp':
        if (!this.isListed) this.#load();
        break;
      case 'ResyncRequired':
        this.#load();
        break;
      case 'ConversationChanged':
        this.#touched.add(event.conversation.id);
        this.#put(event.conversation);
        break;
      case 'ConversationDeleted':
        this.#touched.add(event.deletedId);
        this.conversations.delete(event.deletedId);
        this.tell();
    }
  }

  async #load() {
    const touched = (this.#touched = new Set());
    const { conversations } = await this.persist(documents.CONVERSATIONS, { after: null });
    if (touched !== this.#touched) return; // a later one is on its way
    const known = this.conversations;
    this.conversations = new Map();
    for (const conversation of conversations.nodes) {
      if (!touched.has(conversation.id)) this.conversations.set(conversation.id, conversation);
    }
    // What came live in the meantime is newer than the list.
    for (const id of touched) if (known.has(id)) this.conversations.set(id, known.get(id));
    this.#keepPlace(conversations.pageInfo);
    this.isListed = true;
    this.tell();
  }

  /** Fetch the conversations before the last one that is listed. Throws Refused. */
  async loadMore() {
    const { conversations } = await this.persist(documents.CONVERSATIONS, { after: this.more });
    for (const conversation of conversations.nodes) {
      if (!this.conversations.has(conversation.id)) this.#put(conversation);
    }
    this.#keepPlace(conversations.pageInfo);
    this.tell();
  }

  #keepPlace({ hasNextPage, endCursor }) {
    this.more = hasNextPage ? endCursor : null;
  }

  #put(conversation) {
    this.conversations.set(conversation.id, conversation);
    this.tell();
  }

  /** Show a conversation, or none. */
  open(id) {
    if (this.opened?.id === id) return;
    this.opened?.close();
    this.opened = id ? new Opened(id, { api: this.#api, live: this.#live, chat: this }) : null;
    this.tell();
  }

  /** Start a conversation, asking until it is started once; give its id. Throws Refused. */
  async start(title) {
    const id = uuidV7();
    const { startConversation } = await this.persist(documents.START, { id, title: title || null });
    this.#put(startConversation);
    return id;
  }

  /** Ask until there is an answer; only for what may be asked twice. Throws Refused. */
  async persist(query, variables) {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#api.ask(query, variables);
      } catch (error) {
        if (!isPassing(error)) throw error;
        await this.#network.backOff(attempt);
      }
    }
  }

  tell() {
    this.dispatchEvent(new Event('change'));
  }
}
