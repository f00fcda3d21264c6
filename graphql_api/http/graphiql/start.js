// Starts GraphiQL with what the server wrote into the page: queries to try and tokens to try them with.
'use strict';

const given = JSON.parse(document.getElementById('cairn').textContent);

// Nothing is kept between visits: a token of yesterday would only puzzle.
const memory = new Map();
const storage = {
  getItem: (key) => memory.get(key) ?? null,
  setItem: (key, value) => memory.set(key, value),
  removeItem: (key) => memory.delete(key),
  clear: () => memory.clear(),
  get length() {
    return memory.size;
  },
};

// The results of a subscription, which come as server-sent events.
function results(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  async function* each() {
    let rest = '';
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const events = (rest + value).split('\n\n');
      rest = events.pop();
      for (const event of events) {
        const data = event.split('\n').find((line) => line.startsWith('data: '));
        if (data) yield JSON.parse(data.slice('data: '.length));
      }
    }
  }
  const iterator = each();
  // The button that stops it must not wait for the next event.
  const stop = () => reader.cancel().then(() => iterator.return());
  return { [Symbol.asyncIterator]: () => ({ next: () => iterator.next(), return: stop }) };
}

async function fetcher(parameters, options) {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: {
      // Queries like JSON best; a subscription takes what it can get.
      accept: 'application/graphql-response+json, application/json, text/event-stream',
      'content-type': 'application/json',
      ...options?.headers,
    },
    body: JSON.stringify(parameters),
  });
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
  return isStream ? results(response) : response.json();
}

const element = React.createElement(GraphiQL, {
  fetcher,
  storage,
  defaultTabs: given.tabs,
  defaultEditorToolsVisibility: 'variables',
  defaultHeaders: given.tabs[0]?.headers,
});
ReactDOM.createRoot(document.getElementById('graphiql')).render(element);
