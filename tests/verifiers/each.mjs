// Verifies each token of a file with the program of docs/VERIFYING.md.
import { readFileSync } from 'node:fs'
import { errors } from 'jose'
import { verify } from './verifier.mjs'

for (const line of readFileSync(process.argv[2], 'ascii').trimEnd().split('\n')) {
  const [title, token] = line.split('\t')
  try {
    await verify(token)
    console.log(`${title}: accepted`)
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error
    console.log(`${title}: refused`)
  }
}
