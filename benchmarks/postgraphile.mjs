// PostGraphile 5 as its documentation sets it up for production, on the database of the benchmark:
// one process, a pool of connections, the caller's role and claims for each request.
//
// DATABASE_URL, JWT_SECRET, POOL_SIZE and PORT come from the environment; SUBSCRIPTIONS=1 adds
// WebSockets and what can be subscribed to.

import { createServer } from "node:http";
import jwt from "jsonwebtoken";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const { DATABASE_URL, JWT_SECRET, POOL_SIZE, PORT, SUBSCRIPTIONS } = process.env;

// Verified once, remembered until it expires: what Cairn does, too.
const verified = new Map();

function settingsOf(authorization) {
  const known = verified.get(authorization);
  if (known !== undefined && Date.now() < known.expiresAt) {
    return known.settings;
  }
  const claims = jwt.verify(authorization.slice("Bearer ".length), JWT_SECRET, {
    algorithms: ["HS256"],
    audience: "authenticated",
  });
  const settings = {
    // May do what `authenticated` may, under the same policies, and insert messages.
    role: "cairn_server",
    "request.jwt.claims": JSON.stringify({ sub: claims.sub, role: claims.role }),
  };
  verified.set(authorization, { settings, expiresAt: claims.exp * 1000 });
  return settings;
}

function authorizationOf({ node, ws }) {
  return ws ? ws.normalizedConnectionParams.authorization : node.req.headers.authorization;
}

const preset = {
  extends: [PostGraphileAmberPreset],
  plugins: SUBSCRIPTIONS ? [(await import("./subscriptions.mjs")).SubscriptionsPlugin] : [],
  // It hides orders that have no index of exactly their columns; our indexes begin with the owner.
  disablePlugins: ["PgIndexBehaviorsPlugin"],
  pgServices: [
    makePgService({
      connectionString: DATABASE_URL,
      schemas: ["public"],
      poolConfig: { max: Number(POOL_SIZE) },
    }),
  ],
  grafserv: {
    graphqlPath: "/graphql",
    graphiql: false,
    watch: false,
    websockets: Boolean(SUBSCRIPTIONS),
  },
  grafast: {
    context: (request) => ({ pgSettings: settingsOf(authorizationOf(request)) }),
  },
};

const server = createServer();
server.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
const instance = postgraphile(preset);
await instance.createServ(grafserv).addTo(server);
await instance.getSchema();
server.listen(Number(PORT), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
