// Draws what is known. It asks nobody and decides nothing; `main.js` listens to the controls.
import { arrange, at, make, moment, show, write } from './elements.js';
import { Said } from './said.js';

const STATUS = {
  connecting: 'Connecting …',
  connected: 'Connected',
  reconnecting: 'Reconnecting …',
  offline: 'Offline',
};
const NEAR_PIXELS = 80;

export class Screen {
  #name;
  #on;
  #items = new Map();
  #said = new Map();
  #openedId = null;

  /**
   * @param name of the person
   * @param on what to do: `again(id)` and `discard(id)` with a message
   */
  constructor(name, on) {
    this.#name = name;
    this.#on = on;
  }

  /** Draw the status line and the switch. */
  network(live, network) {
    at('status').dataset.status = live.status;
    write(at('status'), STATUS[live.status]);
    at('cut').setAttribute('aria-pressed', String(network.isCut));
  }

  /** Draw everything else. */
  draw(chat, outbox, editing) {
    this.#list(chat);
    const { opened } = chat;
    document.body.dataset.view = opened ? 'conversation' : 'list';
    show(at('nothing'), !opened);
    show(at('conversation'), Boolean(opened));
    if (opened?.id !== this.#openedId) this.#clear(opened);
    if (!opened) return;
    const title = titleOf(opened.conversation ?? chat.conversations.get(opened.id));
    write(at('conversation-title'), title);
    document.title = `${title} · ${this.#name} · Cairn`;
    this.#messages(opened, outbox.of(opened.id));
    this.#summary(opened);
    this.#controls(opened, editing);
  }

  #list(chat) {
    const items = chat.listed.map((conversation) => this.#item(conversation, chat.opened?.id));
    arrange(at('list'), items);
    at('list').setAttribute('aria-busy', String(!chat.isListed));
    show(at('more'), chat.more !== null, at('title'));
    const note = chat.isListed ? 'There are none yet.' : 'Fetching them …';
    write(at('list-note'), note);
    show(at('list-note'), items.length === 0 || !chat.isListed);
  }

  #item(conversation, openedId) {
    let item = this.#items.get(conversation.id);
    if (!item) {
      const title = make('span', { className: 'title' });
      const facts = make('span', { className: 'quiet' });
      const link = make('a', { href: `#${conversation.id}` }, title, ' ', facts);
      item = { element: make('li', {}, link), link, title, facts };
      this.#items.set(conversation.id, item);
    }
    write(item.title, titleOf(conversation));
    const when = moment(conversation.lastMessageAt);
    const isEnded = conversation.status === 'COMPLETED';
    if (item.facts.textContent !== when.textContent + (isEnded ? ', ended' : '')) {
      item.facts.replaceChildren(when, isEnded ? ', ended' : '');
    }
    if (conversation.id === openedId) item.link.setAttribute('aria-current', 'page');
    else item.link.removeAttribute('aria-current');
    return item.element;
  }

  #clear(opened) {
    this.#openedId = opened?.id ?? null;
    this.#said.clear();
    at('log').setAttribute('aria-live', 'off');
    at('log').replaceChildren();
    if (!opened) document.title = `${this.#name} · Cairn`;
  }

  #messages(opened, entries) {
    const scroller = at('scroller');
    const left = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
    const wasAtEnd = left < NEAR_PIXELS;
    const stored = opened.ordered;
    const unsent = entries.filter((entry) => !opened.messages.has(entry.id)).map(asMessage);
    const all = [...stored, ...unsent];
    const shown = all.map((message) => this.#one(message, opened.isEnded).element);
    const ids = new Set(all.map((message) => message.id));
    for (const id of this.#said.keys()) if (!ids.has(id)) this.#said.delete(id);
    arrange(at('log'), shown);
    show(at('earlier'), opened.earlier !== null, at('scroller'));
    // What was there when it was opened is not news; what comes from now on is read out.
    if (opened.isLoaded && at('log').getAttribute('aria-live') === 'off') {
      requestAnimationFrame(() => at('log').setAttribute('aria-live', 'polite'));
      scroller.scrollTop = scroller.scrollHeight;
    } else if (wasAtEnd) {
      scroller.scrollTop = scroller.scrollHeight;
    }
  }

  #one(message, isEnded) {
    let said = this.#said.get(message.id);
    if (!said) {
      const { again, discard } = this.#on;
      said = new Said(message, this.#name, () => again(message.id), () => discard(message.id));
      this.#said.set(message.id, said);
    }
    said.update(message, isEnded);
    return said;
  }

  #summary(opened) {
    const { summary } = opened;
    show(at('summary'), Boolean(summary));
    if (summary && at('summary').dataset.id !== summary.id) {
      at('summary').dataset.id = summary.id;
      at('summary-body').replaceChildren(
        make('p', {}, summary.summary),
        ...words('Topics', summary.keyTopics),
        ...words('Feelings', summary.emotionalThemes),
        ...lines('To do', summary.actionItems),
      );
    }
    let note = '';
    if (opened.problem) note = opened.problem;
    else if (!opened.isLoaded) note = 'Fetching it …';
    else if (opened.isEnded && !summary) note = 'This conversation has ended. Its summary is being written …';
    else if (opened.isEnded) note = 'This conversation has ended.';
    else if (at('log').childElementCount === 0) note = 'Nothing was said yet.';
    write(at('note'), note);
    show(at('note'), note !== '');
  }

  #controls(opened, editing) {
    const isOpen = opened.isLoaded && !opened.isEnded && !opened.problem;
    show(at('composer'), isOpen, at('conversation-title'));
    show(at('end'), isOpen, at('conversation-title'));
    show(at('stop'), Boolean(opened.underWay), at('content'));
    show(at('edit'), Boolean(lastOfHers(opened)) && !editing, at('content'));
    show(at('leave-edit'), Boolean(editing), at('content'));
    write(at('content-label'), editing ? 'Your last message, anew' : 'Your message');
    write(at('send'), editing ? 'Say it anew' : 'Send');
  }
}

/** Her latest message, which she may say anew. */
export const lastOfHers = (opened) => opened.ordered.findLast((message) => message.role === 'USER');

const titleOf = (conversation) => conversation?.title ?? 'Untitled';

/** What is not sent yet, as if it were a message. */
const asMessage = ({ id, content, createdAt, state, problem }) => ({
  id,
  role: 'USER',
  text: content,
  createdAt,
  state: state.toUpperCase(),
  problem,
});

const words = (title, all) =>
  all.length ? [make('h4', {}, title), make('p', {}, all.join(', '))] : [];

const lines = (title, all) =>
  all.length
    ? [make('h4', {}, title), make('ul', {}, ...all.map((line) => make('li', {}, line)))]
    : [];
