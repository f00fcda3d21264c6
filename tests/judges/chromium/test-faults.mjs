// What breaks meanwhile: networks, answers that are lost, tokens that run out.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { WHOLE, asked, launch, quit, trial, trimmed } from './devices.mjs';

before(launch);
after(quit);

trial('a device without network comes back to everything, once and in order', async (open, cable) => {
  const away = await open({ cable: await cable() });
  const id = await away.start('Away');
  const home = await open({ hash: id });
  await home.page.getByText('Nothing was said yet.').waitFor();
  await away.say('Count slowly.');
  await away.half();
  await away.offline();
  await away.say('Written without a network.');
  await away.page.getByText('It goes out as soon as it can.').waitFor();
  await home.complete();
  await home.say('Meanwhile, one.');
  await home.complete(home.replies().nth(1));
  await home.say('Meanwhile, two.');
  await home.complete(home.replies().nth(2));
  await away.online();
  await away.complete(away.replies().nth(3));
  await home.complete(home.replies().nth(3));
  const expected = ['Count slowly.', 'Meanwhile, one.', 'Meanwhile, two.', 'Written without a network.'].flatMap(asked);
  assert.deepEqual(await trimmed(away), expected);
  assert.deepEqual(await trimmed(home), expected);
});

trial('a page that is loaded anew without a network still sends what was written', async (open, cable) => {
  const line = await cable();
  const ana = await open({ cable: line });
  await ana.start('Kept');
  line.cut();
  await ana.say('Kept over a reload.');
  await ana.page.getByText('It goes out as soon as it can.').waitFor();
  line.mend();
  await ana.page.reload();
  await ana.complete();
  assert.deepEqual(await trimmed(ana), asked('Kept over a reload.'));
});

trial('a last message that still waits to be sent is taken back, and not the one before it', async (open) => {
  const ana = await open();
  await ana.start('Think again');
  await ana.say('Count one.');
  await ana.complete();
  await ana.button('Cut the network').click();
  await ana.status('Offline');
  await ana.say('Never to be sent.');
  await ana.button('Edit your last message').click();
  assert.equal(await ana.page.getByLabel('Your message').inputValue(), 'Never to be sent.');
  await ana.say('Count two.');
  await ana.button('Cut the network').click();
  await ana.complete(ana.replies().nth(1));
  assert.deepEqual(await trimmed(ana), [...asked('Count one.'), ...asked('Count two.')]);
});

trial('a message whose answer is lost is sent again, and stored once', async (open) => {
  // Nothing is heard live from a moment on, so that only the sending itself can tell.
  let isDeaf = false;
  const prepare = (page) =>
    page.routeWebSocket('**/graphql', (socket) => {
      const server = socket.connectToServer();
      server.onMessage((message) => isDeaf || socket.send(message));
    });
  const ana = await open({ prepare });
  await ana.start('Lost answers');
  const ids = [];
  await ana.page.route('**/graphql', async (route) => {
    const { query, variables } = route.request().postDataJSON();
    if (!query.includes('mutation Send')) return route.continue();
    ids.push(variables.id);
    if (ids.length > 2) return route.continue();
    await route.fetch(); // it arrives, and is stored
    return route.abort();
  });
  isDeaf = true;
  await ana.say('Said once.');
  await ana.replies().waitFor();
  assert.equal(ids.length, 3);
  assert.equal(new Set(ids).size, 1);
  isDeaf = false;
  await ana.page.reload();
  await ana.complete();
  assert.deepEqual(await trimmed(ana), asked('Said once.'));
});

trial('a token that runs out during an answer is renewed on the same socket', async (open) => {
  const ana = await open({ seconds: 5 });
  await ana.start('Renewed');
  await ana.say('Count very slowly.');
  assert.equal((await ana.complete()).trim(), WHOLE);
  assert.equal(ana.sockets, 1);
  const renewed = ana.sent.filter(({ type, payload }) => type === 'ping' && payload?.authorization);
  assert.ok(renewed.length >= 2, `${renewed.length} renewals`);
});

trial('a token that cannot be renewed in time costs the connection, and no word', async (open) => {
  const ana = await open({ seconds: 5 });
  await ana.start('Run out');
  await ana.say('Count very slowly.');
  await ana.half('One');
  let isAway = true;
  await ana.page.route('**/development/token*', (route) => (isAway ? route.abort() : route.continue()));
  await ana.status('Reconnecting');
  isAway = false;
  assert.equal((await ana.complete()).trim(), WHOLE);
  assert.ok(ana.sockets >= 2);
  assert.deepEqual(await trimmed(ana), asked('Count very slowly.'));
});
