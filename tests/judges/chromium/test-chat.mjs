// What people do on the page, on one device and on several.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { WHOLE, asked, launch, quit, trial, trimmed } from './devices.mjs';

before(launch);
after(quit);

trial('what is said is answered sentence by sentence, and read out only as it comes', async (open) => {
  const ana = await open();
  await ana.start('Sentences');
  await ana.say('Count slowly.');
  await ana.half('Two');
  const early = (await ana.lastReply().locator('.text').textContent()).trim();
  assert.ok(early.length < WHOLE.length && WHOLE.startsWith(early), early);
  // The same elements stay in the log: only what is added to it is read out.
  await ana.lastReply().locator('.text span').first().evaluate((span) => (span.isTheSame = true));
  assert.equal((await ana.complete()).trim(), WHOLE);
  const first = ana.lastReply().locator('.text span').first();
  assert.ok(await first.evaluate((span) => span.isTheSame));
  assert.ok((await ana.lastReply().locator('.text span').count()) >= 5);
  assert.equal(await ana.log().getAttribute('aria-live'), 'polite');
  assert.deepEqual(await trimmed(ana), asked('Count slowly.'));
});

trial('a page that is loaded anew in the middle of an answer carries on with it', async (open) => {
  const ana = await open();
  await ana.start('Anew');
  await ana.say('Count very slowly.');
  await ana.half();
  await ana.page.reload();
  await ana.half();
  const early = (await ana.lastReply().locator('.text').textContent()).trim();
  assert.ok(WHOLE.startsWith(early) && early.length < WHOLE.length, early);
  assert.equal((await ana.complete()).trim(), WHOLE);
  assert.deepEqual(await trimmed(ana), asked('Count very slowly.'));
});

trial('a second tab sees everything live', async (open) => {
  const first = await open();
  const second = await open({ context: first.context });
  const id = await first.start('Two tabs');
  await second.link(id).click();
  await second.page.getByText('Nothing was said yet.').waitFor();
  await first.say('Count slowly.');
  await second.half();
  assert.equal((await second.complete()).trim(), WHOLE);
  await second.say('From the second.');
  await first.articles().nth(3).waitFor();
  await first.complete();
  await second.complete();
  const expected = [...asked('Count slowly.'), ...asked('From the second.')];
  assert.deepEqual(await trimmed(first), expected);
  assert.deepEqual(await trimmed(second), expected);
  assert.equal(second.id(), id);
});

trial('an answer that is stopped stays as far as it was', async (open) => {
  const ana = await open();
  await ana.start('Stopped');
  await ana.say('Count slowly.');
  await ana.half();
  await ana.button('Stop the answer').click();
  await ana.page.getByText('You stopped it here.').waitFor();
  const [, stopped] = await trimmed(ana);
  assert.ok(WHOLE.startsWith(stopped) && stopped.includes('Three') && stopped.length < WHOLE.length, stopped);
  await ana.page.reload();
  await ana.page.getByText('You stopped it here.').waitFor();
  assert.deepEqual(await trimmed(ana), ['Count slowly.', stopped]);
});

trial('an answer that failed is written once more when asked', async (open) => {
  const ana = await open();
  await ana.start('Failed');
  await ana.say('Please break.');
  await ana.page.getByText('The answer broke off.').waitFor();
  await ana.button('Try again').click();
  assert.equal((await ana.complete()).trim(), WHOLE);
  assert.deepEqual(await trimmed(ana), asked('Please break.'));
  assert.equal(await ana.page.getByText('The answer broke off.').count(), 0);
});

trial('the last message can be said anew, and the answer to the first is gone everywhere', async (open) => {
  const ana = await open();
  const id = await ana.start('Said anew');
  await ana.say('First.');
  await ana.complete();
  const other = await open({ hash: id });
  await other.complete();
  await ana.say('Secnod.');
  await ana.complete(ana.replies().nth(1));
  await other.complete(other.replies().nth(1));
  const answered = await ana.replies().nth(1).getAttribute('data-id');
  await ana.button('Edit your last message').click();
  const box = ana.page.getByLabel('Your last message, anew');
  assert.equal(await box.inputValue(), 'Secnod.');
  await box.fill('Second.');
  await ana.button('Say it anew').click();
  for (const device of [ana, other]) {
    await device.articles().filter({ hasText: 'Second.' }).waitFor();
    // Wherever the new words are, the answer to the old ones is not: also before it is told.
    assert.equal(await device.page.locator(`article[data-id="${answered}"]`).count(), 0);
    await device.complete(device.replies().nth(1));
    assert.deepEqual(await trimmed(device), [...asked('First.'), ...asked('Second.')]);
  }
});

trial('a conversation that is ended gets a summary, on every device', async (open) => {
  const ana = await open();
  const id = await ana.start('Ended');
  const other = await open({ hash: id });
  await ana.say('I want to write to my sister about the garden.');
  await ana.complete();
  await ana.button('End …').click();
  await ana.button('End it').click();
  for (const device of [ana, other]) {
    await device.page.getByRole('heading', { name: 'Summary' }).waitFor();
    await device.page.getByText('This conversation has ended.', { exact: true }).waitFor();
    assert.equal(await device.page.getByLabel('Your message').isVisible(), false);
  }
  await ana.link(id).filter({ hasText: ', ended' }).waitFor();
});

trial('Ben sees nothing of Ana', async (open) => {
  const ana = await open();
  const id = await ana.start('Only for Ana');
  await ana.say('A word.');
  await ana.complete();
  const again = await open({ hash: id });
  await again.complete(); // it is there to be seen
  const ben = await open({ as: 'ben', hash: id });
  await ben.page.getByText('not yours').waitFor();
  await ben.page.getByRole('link', { name: 'Before the exam' }).waitFor();
  assert.deepEqual(await ben.texts(), []);
  await ana.say('Another word.');
  await ana.complete(ana.replies().nth(1));
  const seen = await ben.page.locator('body').innerText();
  assert.ok(!/Only for Ana|Awake at four|word|is a number/.test(seen), seen);
});

trial('two devices stand side by side, and one alone can be off the network', async (open) => {
  const both = await open({ path: '/?side=by-side' });
  const [left, right] = ['first', 'second'].map((which) =>
    both.page.frameLocator(`iframe[title="The ${which} device"]`),
  );
  await left.getByLabel('A new one').fill('Side by side');
  await left.getByRole('button', { name: 'Start', exact: true }).click();
  await right.getByRole('link', { name: 'Side by side' }).first().click();
  await right.getByText('Nothing was said yet.').waitFor();
  await right.getByRole('button', { name: 'Cut the network' }).click();
  await right.locator('#status', { hasText: 'Offline' }).waitFor();
  await left.getByLabel('Your message').fill('To the other side.');
  await left.getByRole('button', { name: 'Send' }).click();
  await left.locator('[data-role=assistant][data-state=complete]').waitFor();
  assert.equal(await right.locator('article').count(), 0);
  await right.getByRole('button', { name: 'Cut the network' }).click();
  await right.locator('[data-role=assistant][data-state=complete]').waitFor();
  assert.equal(await right.locator('article').count(), 2);
});
