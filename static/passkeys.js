// Passkeys: asks the service for options and the browser for the answer of a passkey, puts it into the form and
// sends that. Without this script everything else works.
(() => {
  const button = document.querySelector('button[data-passkey]')
  const isOffered = button && window.PublicKeyCredential && location.hostname === button.dataset.host
  if (!isOffered) return
  const { form } = button
  const shows = (selector, is) => document.querySelectorAll(selector).forEach(found => { found.hidden = !is })
  shows('[data-with-passkeys]', true)
  shows('[data-without-passkeys]', false)

  // For browsers that cannot read and write the options and answers in JSON themselves.
  const bytes = text => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), one => one.charCodeAt(0))
  const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
  const read = (options, method) => {
    if (PublicKeyCredential[method]) return PublicKeyCredential[method](options)
    const lists = ['allowCredentials', 'excludeCredentials'].filter(name => options[name])
    for (const name of lists) options[name] = options[name].map(one => ({ ...one, id: bytes(one.id) }))
    if (options.user) options.user = { ...options.user, id: bytes(options.user.id) }
    return { ...options, challenge: bytes(options.challenge) }
  }
  const written = credential => {
    if (credential.toJSON) return credential.toJSON()
    const names = ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle']
    const parts = names.filter(name => credential.response[name])
    const response = Object.fromEntries(parts.map(name => [name, text(credential.response[name])]))
    const { id, type } = credential
    return { id, rawId: id, type, response, clientExtensionResults: {} }
  }

  let isAsking = false
  let isAnswered = false
  const send = credential => {
    form.elements.passkey.value = credential ? JSON.stringify(written(credential)) : ''
    isAnswered = true
    form.requestSubmit(button)
  }

  // The options of the service; nothing if it refuses, which the form then tells.
  const ask = async () => {
    const headers = { Accept: 'application/json' }
    const { name } = form.elements
    const body = name && new URLSearchParams({ name: name.value })
    const response = await fetch(button.dataset.passkey, { method: 'POST', headers, body })
    return response.ok ? response.json() : null
  }

  // The answer of a passkey. An earlier question ends.
  let earlier = new AbortController()
  const answer = async mediation => {
    earlier.abort()
    const { signal } = earlier = new AbortController()
    const options = await ask()
    if (!options || signal.aborted) return null
    if (options.user) {
      return navigator.credentials.create({ publicKey: read(options, 'parseCreationOptionsFromJSON'), signal })
    }
    const publicKey = read(options, 'parseRequestOptionsFromJSON')
    return navigator.credentials.get({ publicKey, signal, ...(mediation && { mediation }) })
  }

  form.addEventListener('submit', async event => {
    if (event.submitter !== button) return
    if (isAnswered) {
      isAnswered = false
      return
    }
    event.preventDefault()
    // A double click asks once.
    if (isAsking) return
    shows('[data-passkey-failed]', false)
    isAsking = true
    try {
      send(await answer())
    } catch (error) {
      const said = name => document.querySelector(`[data-passkey-failed="${name}"]`)
      const failed = said(error.name) ?? said('')
      failed.hidden = false
    }
    isAsking = false
  })

  // Offers passkeys with the user names that the browser suggests, by the newest challenge of this browser.
  const suggest = async () => {
    if (document.hidden || isAsking) return
    try {
      const credential = await answer('conditional')
      if (credential) send(credential)
    } catch {
      // There was another question meanwhile, or the browser cannot ask this one.
    }
  }
  const offer = async () => {
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return
    suggest()
    document.addEventListener('visibilitychange', suggest)
    setInterval(suggest, 240000)
  }
  if (document.querySelector('input[autocomplete~="webauthn"]')) offer()
})()
