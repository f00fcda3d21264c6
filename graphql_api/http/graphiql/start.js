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

async function fetcher(parameters, options) {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: {
      accept: 'application/graphql-response+json, application/json',
      'content-type': 'application/json',
      ...options?.headers,
    },
    body: JSON.stringify(parameters),
  });
  return response.json();
}

const element = React.createElement(GraphiQL, {
  fetcher,
  storage,
  defaultTabs: given.tabs,
  defaultEditorToolsVisibility: 'variables',
  defaultHeaders: given.tabs[0]?.headers,
});
ReactDOM.createRoot(document.getElementById('graphiql')).render(element);
