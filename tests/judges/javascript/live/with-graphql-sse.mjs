// graphql-sse, a response for each subscription.
import { liveEvents } from './graphql-sse.mjs';
import { HTTP, ask } from './stage.mjs';
import { suite } from './suite.mjs';

suite(open, { inBand: false });

function open({ token }) {
  let connections = 0;
  const fetchFn = (...given) => {
    connections += 1;
    return fetch(...given);
  };
  const live = liveEvents({ url: HTTP, token, fetchFn });
  return {
    ask,
    subscribe: (query, variables, heard) =>
      live.subscribe({ query, variables }, {
        next: ({ data, errors }) => (errors ? heard.fail(errors) : heard.next(Object.values(data)[0])),
        error: (why) => heard.fail([why]),
        complete: () => heard.complete(),
      }),
    connections: () => connections,
    close: () => live.dispose(),
  };
}
