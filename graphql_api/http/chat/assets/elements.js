// Small words for the DOM. Text only ever becomes text: nothing here takes markup.

/** The element of that id. */
export const at = (id) => document.getElementById(id);

/** Make an element. */
export function make(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** Write, unless it says so already: what is written anew is read aloud anew. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Show or hide; whoever is on what goes away is brought to `refuge`. */
export function show(element, isShown, refuge) {
  if (element.hidden === !isShown) return;
  const wasOnIt = element.contains(document.activeElement);
  element.hidden = !isShown;
  if (wasOnIt && !isShown) refuge?.focus();
}

/** Give `parent` exactly these children; those that stay in their order are not touched. */
export function arrange(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  children.forEach((child, place) => {
    if (parent.children[place] !== child) parent.insertBefore(child, parent.children[place] ?? null);
  });
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

/** A moment: the time when it is today, else the day. */
export function moment(iso) {
  const then = new Date(iso);
  const isToday = then.toDateString() === new Date().toDateString();
  return make('time', { dateTime: iso }, (isToday ? clock : day).format(then));
}
