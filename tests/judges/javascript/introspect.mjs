// Writes the schema as the running server tells it: all that introspection can say, as SDL.
import { buildClientSchema, getIntrospectionQuery, printSchema } from 'graphql';
import { ENDPOINT } from './people.mjs';

const query = getIntrospectionQuery({
  descriptions: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  inputValueDeprecation: true,
  oneOf: true,
});
const response = await fetch(ENDPOINT, {
  method: 'POST',
  headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
  body: JSON.stringify({ query }),
});
const { data, errors } = await response.json();
if (errors) throw new Error(errors.map((error) => error.message).join('\n'));
console.log(printSchema(buildClientSchema(data)));
