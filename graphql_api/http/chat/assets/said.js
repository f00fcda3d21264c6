// One message on the screen. It is changed in place, so that the log reads only what is new.
import { isUnderWay } from './opened.js';
import { arrange, make, moment, show, write } from './elements.js';

const FAILURES = {
  UNAVAILABLE: 'The companion cannot be reached.',
  REFUSED: 'The companion would not answer this.',
  INTERRUPTED: 'The answer broke off.',
  OVER_BUDGET: 'There are no answers left for now.',
};

/** What is shown of a message, or of what is not sent yet. */
export class Said {
  #shown = '';
  #text = make('p', { className: 'text' });
  #note = make('p', { className: 'note', hidden: true });
  #author = make('span');
  #again = make('button', { type: 'button', hidden: true }, 'Try again');
  #discard = make('button', { type: 'button', hidden: true }, 'Take it back');

  /**
   * @param message as the first time it is shown
   * @param name of the person
   * @param onAgain called when it is to be tried again
   * @param onDiscard called when it is not
   */
  constructor(message, name, onAgain, onDiscard) {
    this.id = message.id;
    this.name = message.role === 'USER' ? name : 'Companion';
    this.#again.addEventListener('click', onAgain);
    this.#discard.addEventListener('click', onDiscard);
    const head = make('h3', {}, this.#author, ' ', moment(message.createdAt));
    this.element = make('article', {}, head, this.#text, this.#note, this.#again, this.#discard);
    this.element.dataset.id = message.id;
    this.element.dataset.role = message.role.toLowerCase();
  }

  /** Show what it has become; what can be done with it while its conversation goes on. */
  update(message, isEnded) {
    write(this.#author, message.modelUsed ? `${this.name} (${message.modelUsed})` : this.name);
    this.element.dataset.state = message.state.toLowerCase();
    this.#say(message.text);
    const note = noteOn(message);
    write(this.#note, note);
    show(this.#note, note !== '');
    show(this.#again, message.state === 'REFUSED' || (message.state === 'FAILED' && !isEnded));
    show(this.#discard, message.state === 'REFUSED');
  }

  /** Add what is new of the text as an element of its own; the rest is not read again. */
  #say(text) {
    if (text === this.#shown) return;
    if (text.startsWith(this.#shown)) {
      this.#text.append(make('span', {}, text.slice(this.#shown.length)));
    } else {
      arrange(this.#text, [make('span', {}, text)]);
    }
    this.#shown = text;
  }
}

function noteOn(message) {
  if (message.state === 'REFUSED') return `Not sent: ${message.problem}`;
  if (message.state === 'WAITING') return 'Not sent yet. It goes out as soon as it can.';
  if (message.state === 'SENDING') return 'Sending …';
  if (message.state === 'FAILED') return FAILURES[message.failure] ?? 'There is no answer.';
  if (message.state === 'CANCELLED') return message.text ? 'You stopped it here.' : 'You stopped it.';
  if (message.isReplaced) return 'Written beforehand: the safety check stopped what the model said.';
  return isUnderWay(message) ? 'The companion is writing' : '';
}
