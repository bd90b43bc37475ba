// What the clients of npm share: the arguments, and many requests at once, round after round.
const [, , base, rounds, atOnce] = process.argv;

export const url = base;

// Tries a request again when its connection was cut.
async function status(request) {
  for (let attempt = 0; attempt < 10; attempt += 1) {
    try {
      return await request();
    } catch {
      continue;
    }
  }
  return undefined;
}

export async function run(name, pair, request) {
  const wrong = [];
  for (let round = 0; round < Number(rounds); round += 1) {
    pair.access_token = "an expired one";
    const all = Array.from({ length: Number(atOnce) }, () => status(request));
    wrong.push(...(await Promise.all(all)).filter((one) => one !== 200));
  }
  console.log(`${name}: ${wrong.length} of ${rounds * atOnce} requests failed`, wrong.slice(0, 5));
  process.exit(wrong.length > 0 ? 1 : 0);
}
