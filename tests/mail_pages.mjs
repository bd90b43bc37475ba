// Follows the links in mails in Chromium, and sets up a second factor, once in each language: mail_pages.mjs URL MAILS BROWSER.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { setTimeout } from 'node:timers/promises'
import puppeteer from 'puppeteer-core'

const [base, mails, executablePath] = process.argv.slice(2)
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const browser = await puppeteer.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--no-proxy-server'],
})

// What axe finds on the page, whether it is in the right language, and whether it is wider than a small
// phone.
let seen = 0
const look = async page => {
  const where = `${page.language}: ${path(page)}`
  const [width, language] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.lang])
  assert.equal(language, page.language, where)
  assert.ok(width <= 360, `${where} is ${width} px wide`)
  const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ['violations'] }))
  const found = violations.map(one => `${one.id}: ${one.nodes.map(node => node.html)}`)
  assert.deepEqual(found, [], where)
  seen += 1
}

// A browser without cookies.
const visitor = async language => {
  const context = await browser.createBrowserContext()
  const page = await context.newPage()
  page.language = language
  await page.setExtraHTTPHeaders({ 'Accept-Language': language })
  await page.setViewport({ width: 360, height: 740 })
  await page.evaluateOnNewDocument(axe)
  return page
}

const open = async (page, path) => {
  await page.goto(new URL(path, base), { waitUntil: 'load' })
  await look(page)
}

const send = async (page, fields, button = 'main form button[type=submit]') => {
  for (const [name, value] of Object.entries(fields)) await page.type(`#${name}`, value)
  await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.click(button)])
  await look(page)
}

const path = page => new URL(page.url()).pathname

// Fails unless the page says so; in English alone.
const says = async (page, what) => {
  if (page.language === 'en') assert.match(await page.evaluate(() => document.body.innerText), what)
}

const text = mail => {
  const at = mail.indexOf('\r\n\r\n')
  const [head, body] = [mail.slice(0, at), mail.slice(at)]
  if (/^content-transfer-encoding: base64/im.test(head)) return Buffer.from(body, 'base64').toString()
  return body.replaceAll('=\r\n', '').replaceAll('=3D', '=')
}

// The link to this page in the next mail to this address.
const known = new Set()
const link = async (to, page) => {
  for (let tries = 0; tries < 600; tries += 1) {
    for (const name of await readdir(mails).catch(() => [])) {
      if (known.has(name)) continue
      const mail = await readFile(`${mails}/${name}`, 'utf8')
      if (!mail.includes(`\r\nTo: ${to}\r\n`)) continue
      const found = text(mail).match(/http:\/\/\S+\?token=[\w-]{43}/)
      if (!found?.[0].includes(`${page}?`)) continue
      known.add(name)
      return found[0]
    }
    await setTimeout(50)
  }
  assert.fail(`no mail to ${to} with a link to ${page}`)
}

// Opens a link, which leads to its page without the secret in the address bar.
const follow = async (page, link) => {
  await open(page, link)
  assert.equal(path(page), new URL(link).pathname)
  assert.ok(!page.url().includes('token'), 'the secret is not in the address bar')
  const referrer = await page.evaluate(() => document.referrer)
  assert.ok(!referrer.includes('token'), referrer)
}

const signIn = async (page, username, password) => {
  await open(page, '/login')
  await send(page, { username, password }, 'main button[type=submit]')
  assert.equal(path(page), '/dashboard')
}

// Somebody registers, and confirms the address in another browser.
const register = async (language, username, email) => {
  const [ann, phone] = [await visitor(language), await visitor(language)]
  await open(ann, '/register')
  await send(ann, { username: 'two words', email, password: 'correct horse' })
  assert.equal(path(ann), '/register')
  await ann.$eval('#username', field => { field.value = '' })
  await send(ann, { username, password: 'correct horse' })
  assert.equal(path(ann), '/register', 'without a cookie the form to sign in is in the response')
  await says(ann, /A mail with a link is on its way/)
  const confirm = await link(email, '/register/confirm')
  await follow(phone, confirm)
  await send(phone, {})
  assert.equal(path(phone), '/login')
  await says(phone, /Your account is ready/)
  await follow(phone, confirm)
  await says(phone, /This link is not valid/)
  await signIn(ann, username, 'correct horse')
  return ann
}

// The address is changed, and taken back by its owner.
const changeAddress = async (ann, former, email) => {
  const phone = await visitor(ann.language)
  await open(ann, '/account/address')
  await send(ann, { email }, 'form[action="/account/address"] button')
  await follow(phone, await link(email, '/address/confirm'))
  await send(phone, {})
  await says(phone, /The address is confirmed/)
  await open(ann, '/account/address')
  assert.ok((await ann.content()).includes(email))
  await send(ann, {}, 'form[action="/account/address/notices"] button')
  const back = await link(former, '/address/return')
  await follow(phone, back)
  await send(phone, {})
  assert.equal(path(phone), '/login')
  await follow(phone, back)
  await says(phone, /This link is not valid/)
  await open(ann, '/account')
  assert.equal(path(ann), '/login', 'the sign-ins have ended')
}

// A password that was forgotten.
const resetPassword = async (language, username, email) => {
  const lost = await visitor(language)
  await open(lost, '/password/forgot')
  await send(lost, { email })
  await says(lost, /a mail with a link is on its way/)
  const reset = await link(email, '/password/new')
  await follow(lost, reset)
  await send(lost, { password: 'battery staple' })
  assert.equal(path(lost), '/login')
  await signIn(lost, username, 'battery staple')
  await open(lost, '/account/sign-ins')
  const late = await visitor(language)
  await follow(late, reset)
  await says(late, /This link is not valid/)
  await Promise.all([late.waitForNavigation({ waitUntil: 'load' }), late.click('main a[href="/password/forgot"]')])
  assert.equal(path(late), '/password/forgot')
}

// A sign-in by mail, in the browser that asks for it.
const signInByMail = async (language, email) => {
  const [lost, phone] = [await visitor(language), await visitor(language)]
  await open(lost, '/login/link')
  await send(lost, { email })
  assert.equal(path(lost), '/login/link/enter')
  await send(lost, { code: 'AAAA-AAAA' })
  await says(lost, /This code is not valid/)
  const enter = await link(email, '/login/link/enter')
  await follow(phone, enter)
  await says(phone, /This link is not valid/)
  await follow(lost, enter)
  await send(lost, {})
  assert.equal(path(lost), '/dashboard')
  return lost
}

// An administrator hands an invitation over, and looks at a user.
const administer = async (language, username) => {
  const [admin, bob] = [await visitor(language), await visitor(language)]
  await signIn(admin, 'admin', 'admin123')
  await open(admin, '/admin/users/new')
  await send(admin, { username: `bob_${language}` })
  const html = (await admin.content()).replaceAll('&#x2F;', '/')
  const invitation = html.match(/http:\/\/[^\s"<]+\/password\/new\?token=[\w-]{43}/)
  assert.ok(invitation, html)
  await follow(bob, invitation[0])
  await send(bob, { password: 'correct horse' })
  await signIn(bob, `bob_${language}`, 'correct horse')
  await open(admin, `/admin/users?q=${username}`)
  const user = await admin.$eval('main table a[href^="/admin/users/"]', found => found.getAttribute('href'))
  await open(admin, user)
  await open(admin, `${user}/remove-address`)
  await send(admin, {})
  assert.equal(path(admin), user)
  await says(admin, /The e-mail address of .* is removed/)
  await secondFactor(bob, `bob_${language}`, admin)
}

// The code of an authenticator (RFC 6238), so many steps from now.
const code = (secret, steps) => {
  const bits = [...secret].map(c => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g).map(byte => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps))
  const hash = createHmac('sha1', key).update(counter).digest()
  const at = hash[19] & 15
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

// A user sets up an authenticator, signs in with it in another browser, and removes it there.
const secondFactor = async (bob, username, admin) => {
  const place = '/account/second-factor'
  await open(bob, place)
  await open(bob, `${place}/set-up`)
  const secret = (await bob.$eval('code.secret', found => found.textContent)).replaceAll(' ', '')
  await send(bob, { code: '000000' })
  await says(bob, /This is not the code of this secret/)
  await send(bob, { code: code(secret, 0) })
  assert.equal(path(bob), place)
  assert.equal((await bob.$$('.codes li')).length, 10)
  await open(admin, `/admin/users?q=${username}`)
  const user = await admin.$eval('main table a[href^="/admin/users/"]', found => found.getAttribute('href'))
  await open(admin, `${user}/reset-second-factor`)

  const laptop = await visitor(bob.language)
  await open(laptop, '/login')
  await send(laptop, { username, password: 'correct horse' }, 'main button[type=submit]')
  assert.equal(path(laptop), '/login/second')
  await send(laptop, { code: '000000' })
  await says(laptop, /This code is not valid/)
  await laptop.click('#trust')
  await send(laptop, { code: code(secret, 1) })
  assert.equal(path(laptop), '/dashboard')
  await open(laptop, '/reauthenticate')
  await open(laptop, place)
  await send(laptop, {}, 'form[action$="/end"] button')
  await send(laptop, {}, 'form[action$="/recovery-codes"] button')
  assert.equal((await laptop.$$('.codes li')).length, 10)
  await open(laptop, `${place}/remove`)
  await send(laptop, {})
  assert.equal(path(laptop), place)
  await says(laptop, /Your second factor is removed/)
}

// A user deletes the own account: the password is confirmed first, because a mail has signed in.
const deleteAccount = async (page, username) => {
  await open(page, '/account/delete')
  assert.equal(path(page), '/reauthenticate')
  await send(page, { password: 'battery staple' })
  assert.equal(path(page), '/account/delete')
  await send(page, { username: 'another' })
  assert.equal(path(page), '/account/delete')
  await send(page, { username })
  assert.equal(path(page), '/')
  await says(page, /Your account is deleted/)
}

const languages = ['en', 'de', 'fr', 'el']
await Promise.all(languages.map(async language => {
  // Longer than a line on a phone.
  const username = `ann_${language}`.padEnd(65, 'n')
  const email = `ann_${language}@example.org`
  const ann = await register(language, username, email)
  await changeAddress(ann, email, `new_${email}`)
  await resetPassword(language, username, email)
  const again = await signInByMail(language, email)
  await administer(language, username)
  await deleteAccount(again, username)
}))
await browser.close()
console.log(
  `the links of mails and second factors work in a browser in ${languages.length} languages; axe found nothing on ${seen} pages, none is wider than 360 px`,
)
