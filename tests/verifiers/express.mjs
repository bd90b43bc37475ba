// Verifies each token of a file with express-jwt, which is told issuer and audience and no `typ`.
import { readFileSync } from 'node:fs'
import { expressjwt, UnauthorizedError } from 'express-jwt'
import jwksRsa from 'jwks-rsa'

const [, , tokens, jwksUri] = process.argv
const middleware = expressjwt({
  secret: jwksRsa.expressJwtSecret({ jwksUri, cache: true }),
  algorithms: ['ES256'],
  issuer: 'https://id.example',
  audience: 'notes',
})

const verify = (token) =>
  new Promise((resolve, reject) => {
    const request = { method: 'GET', headers: { authorization: `Bearer ${token}` } }
    middleware(request, {}, (error) => (error ? reject(error) : resolve(request.auth)))
  })

for (const line of readFileSync(tokens, 'ascii').trimEnd().split('\n')) {
  const [title, token] = line.split('\t')
  try {
    await verify(token)
    console.log(`${title}: accepted`)
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error
    console.log(`${title}: refused`)
  }
}
