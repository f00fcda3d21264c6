// The 61 audits of npm graphql-http, which say what GraphQL over HTTP must, should and may be.
import test from 'node:test';
import { serverAudits } from 'graphql-http';
import { ENDPOINT } from './people.mjs';

for (const audit of serverAudits({ url: ENDPOINT, fetchFn: fetch })) {
  test(`${audit.id} ${audit.name}`, async () => {
    const result = await audit.fn();
    if (result.status !== 'ok') throw new Error(`${result.status}: ${result.reason}`);
  });
}
