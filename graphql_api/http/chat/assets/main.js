// Puts the page together: who is here, what is open, and what each control does.
import { Api, Refused, isPassing } from './api.js';
import { Chat } from './chat.js';
import { at, show, write } from './elements.js';
import { Live } from './live.js';
import { Network } from './network.js';
import { Outbox } from './outbox.js';
import { Screen, lastOfHers } from './screen.js';
import { Tokens } from './tokens.js';

const NAMES = { ana: 'Ana', ben: 'Ben' };
const given = new URLSearchParams(location.search);
const who = given.get('as');
const device = given.get('device');

/** The address of this page for somebody else, on the same device. */
function addressOf(name) {
  const query = new URLSearchParams(given);
  query.set('as', name);
  return `/?${query}`;
}

if (window.top !== window) frame();
if (who in NAMES) begin();
else choose();

/** Be one of two pages in a third: without what that one says, and with names of its own. */
function frame() {
  document.documentElement.classList.add('framed');
  for (const landmark of document.querySelectorAll('header, main, nav')) {
    landmark.ariaLabel = `${landmark.ariaLabel ?? landmark.localName}, device ${device}`;
  }
}

function choose() {
  for (const link of at('choice').querySelectorAll('a')) link.href = addressOf(link.dataset.who);
  at('choice').hidden = false;
  document.title = 'Who are you? · Cairn';
}

function begin() {
  const other = who === 'ana' ? 'ben' : 'ana';
  const link = document.createElement('a');
  link.href = addressOf(other);
  link.textContent = `be ${NAMES[other]}`;
  at('who').append(`You are ${NAMES[who]} (`, link, ')');
  for (const id of ['who', 'device', 'chat']) at(id).hidden = false;

  const network = new Network();
  const tokens = new Tokens(network, who, given.get('seconds'));
  const api = new Api(network, tokens);
  const live = new Live(network, tokens);
  const chat = new Chat(api, live, network);
  const outbox = new Outbox(`${who}.${device ?? 1}`, { api, chat, network });
  const screen = new Screen(NAMES[who], {
    again: (id) => (outbox.has(id) ? outbox.again(id) : attempt(() => chat.opened.retry(id))),
    discard: takeBack,
  });
  let editing = null;

  // Many things change at once; they are drawn once.
  let isDue = false;
  function draw() {
    if (isDue) return;
    isDue = true;
    queueMicrotask(() => {
      isDue = false;
      screen.draw(chat, outbox, editing);
    });
  }
  const connection = () => screen.network(live, network);
  chat.addEventListener('change', draw);
  outbox.addEventListener('change', draw);
  live.addEventListener('change', connection);
  network.addEventListener('change', connection);

  /** Do what somebody asked for; say when it is not possible. */
  async function attempt(action) {
    problem('');
    try {
      await action();
      return true;
    } catch (error) {
      if (!(error instanceof Refused) && !isPassing(error)) throw error;
      problem(error.message);
      return false;
    }
  }

  function problem(text) {
    write(at('problem'), text);
    show(at('problem'), text !== '');
  }

  function edit(message) {
    editing = message?.id ?? null;
    at('content').value = message?.content ?? '';
    at('content').focus();
    draw();
  }

  async function say() {
    const content = at('content').value;
    if (!content.trim()) return;
    const { opened } = chat;
    if (editing === null) {
      at('content').value = '';
      outbox.add(opened.id, content);
    } else if (await attempt(() => opened.edit(editing, content))) {
      edit(null);
    } else if (lastOfHers(opened)?.id !== editing) {
      // Another device said something meanwhile: what she wrote here stays, as a new message.
      editing = null;
      draw();
    }
  }

  /** Take back what was not sent yet, to write it anew. */
  function takeBack(id) {
    at('content').value = outbox.discard(id);
    at('content').focus();
  }

  /** Her last message may be one that still waits to be sent. */
  function editLast() {
    const last = outbox.of(chat.opened.id).at(-1);
    if (!last) edit(lastOfHers(chat.opened));
    else if (last.state !== 'sending') takeBack(last.id);
    else problem('Your last message is just being sent. Try again in a moment.');
  }

  /** Open what the address names. */
  function open() {
    const id = location.hash.slice(1);
    if (chat.opened?.id === id) return;
    editing = null;
    at('content').value = '';
    problem('');
    chat.open(id || null);
    draw();
    // Where the page is longer than the screen: to what was asked for. After it is drawn.
    if (id) queueMicrotask(() => at('conversation').scrollIntoView());
  }

  function on(id, event, action) {
    at(id).addEventListener(event, (fired) => {
      if (event === 'submit') fired.preventDefault();
      action(fired);
    });
  }
  on('start', 'submit', () =>
    attempt(async () => {
      const title = at('title').value.trim();
      at('title').value = '';
      location.hash = await chat.start(title);
    }),
  );
  on('say', 'submit', say);
  on('content', 'keydown', (key) => {
    // `isComposing`: Enter ends a word of Japanese or Chinese, and is not meant for us.
    if (key.key !== 'Enter' || key.shiftKey || key.isComposing) return;
    key.preventDefault();
    say();
  });
  on('stop', 'click', () => attempt(() => chat.opened.cancel(chat.opened.underWay.id)));
  on('edit', 'click', editLast);
  on('leave-edit', 'click', () => edit(null));
  on('more', 'click', () => attempt(() => chat.loadMore()));
  on('earlier', 'click', () => attempt(() => chat.opened.loadEarlier()));
  on('end', 'click', () => at('ending').showModal());
  on('end-not', 'click', () => at('ending').close());
  on('end-now', 'click', () => {
    at('ending').close();
    attempt(() => chat.opened.complete());
  });
  on('cut', 'click', () => network.cut(!network.isCut));
  window.addEventListener('hashchange', () => {
    open();
    // After it is drawn: what is hidden takes no focus.
    queueMicrotask(() => at(chat.opened ? 'conversation-title' : 'title').focus());
  });

  connection();
  chat.begin();
  open();
}
