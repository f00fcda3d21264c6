// A browser, devices in it, and a network between them and the API that can be cut.
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { chromium } from 'playwright-core';

export const ADDRESS = process.env.ADDRESS;
export const WHOLE = 'One Two Three Four Five Six Seven Eight Nine Ten'
  .split(' ')
  .map((word) => `${word} is a number.`)
  .join(' ');
export const PATIENCE = 30_000;

let browser;

export async function launch() {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    // A container has neither the rights for a sandbox nor much shared memory.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  });
}

export const quit = () => browser.close();

/** Open the page on a device of its own; `cable` is its way to the API when it is to be cut. */
export async function open({ as = 'ana', seconds, cable, hash = '', context: given, path, prepare, ...settings } = {}) {
  const base = cable?.address ?? ADDRESS;
  const context = given ?? (await browser.newContext({ locale: 'en-GB', ...settings }));
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const device = new Device(context, page, cable);
  await prepare?.(page);
  const query = new URLSearchParams({ ...(as && { as }), ...(seconds && { seconds }) });
  await page.goto(base + (path ?? `/?${query}${hash && `#${hash}`}`));
  return device;
}

/** What was said, and what the companion answers to it. */
export const asked = (text) => [text, WHOLE];

/** The texts in a device's log. */
export const trimmed = async (device) => (await device.texts()).map((text) => text.trim());

/** Run with devices that are closed afterwards, and that must have had nothing to complain of. */
export function trial(name, body) {
  test(name, async () => {
    const devices = [];
    const cables = [];
    const given = async (settings) => {
      devices.push(await open(settings));
      return devices.at(-1);
    };
    const cable = async () => {
      cables.push(await newCable());
      return cables.at(-1);
    };
    try {
      await body(given, cable);
      for (const device of devices) {
        assert.deepEqual(device.complaints, []);
        assert.deepEqual(device.elsewhere, [], 'it asks nobody else');
      }
    } finally {
      for (const device of devices) await device.close();
      for (const one of cables) one.close();
    }
  });
}

/** One page, what it complains of, and what goes over its sockets. */
export class Device {
  complaints = [];
  elsewhere = [];
  sockets = 0;
  /** What it has sent over WebSockets, parsed. */
  sent = [];

  constructor(context, page, cable) {
    this.context = context;
    this.page = page;
    this.cable = cable;
    page.on('pageerror', (error) => this.complaints.push(error.stack ?? String(error)));
    page.on('console', (line) => {
      // The browser's own note of each request that failed, as some are meant to.
      if (line.type() === 'error' && !/^Failed to load|^WebSocket connection/.test(line.text())) {
        this.complaints.push(line.text());
      }
    });
    page.on('request', (request) => {
      if (new URL(request.url()).hostname !== '127.0.0.1') this.elsewhere.push(request.url());
    });
    page.on('websocket', (socket) => {
      this.sockets += 1;
      socket.on('framesent', ({ payload }) => this.sent.push(JSON.parse(payload)));
    });
  }

  button = (name) => this.page.getByRole('button', { name, exact: true });
  status = (text) => this.page.locator('#status', { hasText: text }).waitFor();
  log = () => this.page.getByRole('log', { name: 'Messages' });
  articles = () => this.page.locator('#log article');
  replies = () => this.page.locator('#log article[data-role=assistant]');
  lastReply = () => this.replies().last();

  /** The texts in the log, in their order. */
  texts() {
    return this.page.locator('#log .text').allTextContents();
  }

  async start(title) {
    await this.page.getByLabel('A new one').fill(title);
    await this.button('Start').click();
    await this.page.getByRole('heading', { name: title, exact: true }).waitFor();
    await this.page.getByText('Nothing was said yet.').waitFor();
    return this.id();
  }

  id() {
    return new URL(this.page.url()).hash.slice(1);
  }

  /** The link to a conversation. */
  link(id) {
    return this.page.locator(`#list a[href="#${id}"]`);
  }

  async say(text) {
    await this.page.getByLabel('Your message').fill(text);
    await this.button('Send').click();
  }

  /** Wait until a reply, by default the last, is complete. */
  async complete(reply = this.lastReply()) {
    await reply.and(this.page.locator('[data-state=complete]')).waitFor();
    return reply.locator('.text').textContent();
  }

  /** Wait until some sentences of the last reply have come, and more are to come. */
  async half(sentence = 'Three') {
    await this.lastReply()
      .and(this.page.locator('[data-state=streaming]'))
      .filter({ hasText: `${sentence} is a number.` })
      .waitFor();
  }

  async offline() {
    this.cable?.cut();
    await this.context.setOffline(true);
    await this.status('Offline');
  }

  async online() {
    this.cable?.mend();
    await this.context.setOffline(false);
    await this.status('Connected');
  }

  close() {
    return this.context.close();
  }
}

/** A way to the API of a device's own, that ends every connection when it is cut. */
export async function newCable() {
  const upstream = new URL(ADDRESS);
  const sockets = new Set();
  let isCut = false;
  const server = net.createServer((near) => {
    if (isCut) {
      near.resetAndDestroy();
      return;
    }
    const far = net.connect(Number(upstream.port), upstream.hostname);
    for (const [one, other] of [[near, far], [far, near]]) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${server.address().port}`,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    mend() {
      isCut = false;
    },
    close() {
      this.cut();
      server.close();
    },
  };
}
