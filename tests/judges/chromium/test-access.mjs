// The page for everybody: axe in every state, by keyboard alone, at 320 pixels, without motion.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { launch, open, quit } from './devices.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const WIDE = { width: 1100, height: 800 };
const NARROW = { width: 320, height: 640 };

before(launch);
after(quit);

/** What axe objects to, frames included. */
async function objections(page) {
  for (const frame of page.frames()) await frame.evaluate(AXE);
  const { violations } = await page.evaluate((values) => axe.run({ runOnly: { type: 'tag', values } }), TAGS);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
}

/** Look at a state by day and by night, wide and narrow. */
async function look({ page }, state) {
  for (const colorScheme of ['light', 'dark']) {
    // Text that fades in has too little contrast for a moment; without motion it never has.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const size of [WIDE, NARROW]) {
      await page.setViewportSize(size);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= size.width, `${state}: ${width} pixels are needed in ${size.width}`);
      assert.deepEqual(await objections(page), [], `${state}, ${colorScheme}, ${size.width}`);
    }
  }
  await page.setViewportSize(WIDE);
}

/** Check a state of the page in a device of its own. */
function state(name, prepare, settings) {
  test(`axe finds nothing: ${name}`, async () => {
    const device = await open({ viewport: WIDE, ...settings });
    try {
      await prepare(device);
      await look(device, name);
      assert.deepEqual(device.complaints, []);
    } finally {
      await device.close();
    }
  });
}

state('the choice of a person', ({ page }) => page.getByRole('link', { name: 'Ana' }).waitFor(), { as: '' });
state('no conversation open', ({ page }) => page.locator('#list a').first().waitFor());
state('an empty conversation', (ana) => ana.start('Empty'));
state('an answer under way', async (ana) => {
  await ana.start('Under way');
  await ana.say('Count slowly.');
  await ana.half('One');
});
state('a complete answer, and its message edited', async (ana) => {
  await ana.start('Complete');
  await ana.say('Count.');
  await ana.complete();
  await ana.button('Edit your last message').click();
});
state('a failed answer', async (ana) => {
  await ana.start('Failed, seen');
  await ana.say('Please break, to be seen.');
  await ana.button('Try again').waitFor();
});
state('offline, with a message that waits', async (ana) => {
  await ana.start('Offline');
  await ana.button('Cut the network').click();
  await ana.say('Later.');
  await ana.page.getByText('It goes out as soon as it can.').waitFor();
});
state('a message that was refused', async (ana) => {
  await ana.start('Refused');
  await ana.page.route('**/graphql', async (route) => {
    if (!route.request().postData().includes('mutation Send')) return route.continue();
    const error = { message: 'Too many requests; wait a moment.', extensions: { code: 'RATE_LIMITED' } };
    return route.fulfill({ status: 429, json: { errors: [error] } });
  });
  await ana.say('Too much.');
  await ana.button('Take it back').waitFor();
});
state('the question before the end', async (ana) => {
  await ana.start('Asked');
  await ana.button('End …').click();
});
state('an ended conversation with its summary', async (ana) => {
  await ana.start('Summed up');
  await ana.say('I want to call my sister tomorrow.');
  await ana.complete();
  await ana.button('End …').click();
  await ana.button('End it').click();
  await ana.page.getByRole('heading', { name: 'Summary' }).waitFor();
});
state(
  'two devices side by side',
  async ({ page }) => {
    for (const frame of page.frames().slice(1)) {
      await frame.locator('#list a').first().click();
      await frame.locator('article').first().waitFor();
    }
  },
  { path: '/?side=by-side' },
);

test('everything can be done by keyboard, and it is seen where one is', async () => {
  const { page } = await open({ viewport: WIDE });
  const press = (key) => page.keyboard.press(key);
  const at = () => page.evaluate(() => document.activeElement.id || document.activeElement.textContent);
  async function tabTo(id, key = 'Tab') {
    for (let steps = 0; steps < 40; steps++) {
      await press(key);
      const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
      assert.notEqual(outline, 'none', `no outline on ${await at()}`);
      if ((await at()) === id) return;
    }
    assert.fail(`${id} is not reached by ${key}`);
  }
  try {
    await page.locator('#list a').first().waitFor();
    await tabTo('title');
    await page.keyboard.type('By keyboard');
    await press('Enter');
    await page.getByText('Nothing was said yet.').waitFor();
    assert.equal(await at(), 'conversation-title');
    await tabTo('content');
    await page.keyboard.type('One line,');
    await press('Shift+Enter');
    await page.keyboard.type('and slowly.');
    await press('Enter');
    assert.equal(await at(), 'content');
    await page.locator('[data-state=streaming] .text span').first().waitFor();
    await tabTo('stop', 'Shift+Tab');
    await press('Enter');
    await page.getByText('You stopped it here.').waitFor();
    assert.equal(await at(), 'content');
    assert.equal(await page.locator('[data-role=user] .text').textContent(), 'One line,\nand slowly.');
    await tabTo('end', 'Shift+Tab');
    await press('Enter');
    assert.equal(await at(), 'end-not');
    await press('Escape');
    assert.equal(await at(), 'end');
  } finally {
    await page.context().close();
  }
});

test('nothing moves for those who asked for that', async () => {
  for (const [reducedMotion, moves] of [['no-preference', true], ['reduce', false]]) {
    const ana = await open({ reducedMotion });
    await ana.start('Motion');
    await ana.say('Count slowly.');
    await ana.half('One');
    const running = await ana.page.evaluate(() => document.getAnimations().length);
    assert.equal(running > 0, moves, reducedMotion);
    await ana.close();
  }
});
