//! Two services: `accounts` knows the passwords and issues tokens, `orders` accepts them by the
//! public key of `accounts`, and sees no password, no secret and no session.
//!
//! ```console
//! $ cargo run --example two_services
//! $ curl --json '{"name":"ada","password":"lovelace"}' http://127.0.0.1:5000/login
//! $ curl -H "Authorization: Bearer $ACCESS" http://127.0.0.1:5001/orders
//! ```
//!
//! Both run here in one program; yours are two. The first start makes the key of `accounts` with
//! `openssl`. `orders` reads the keys from a file when it starts.
//! Fetch it before, and when `accounts` changes its keys fetch it again and restart:
//!
//! ```console
//! $ curl -o var/accounts.jwks.json http://127.0.0.1:5000/.well-known/jwks.json
//! ```
//!
//! Users: `ada`/`lovelace` and `grace`/`hopper`. `orders` accepts an access token until it expires,
//! also after a log-out at `accounts`: keep `auth.token.access` short.

mod accounts;
mod orders;

use std::error::Error;
use std::path::Path;
use std::process::Command;

use rocket::local::asynchronous::Client;

#[rocket::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let key: String = accounts::rocket().figment().extract_inner("auth.token.private_key")?;
    make_key(Path::new(&key))?;
    let orders = orders::rocket();
    let file: String = orders.figment().extract_inner("auth.token.foreign.jwks")?;
    fetch_keys(Path::new(&file)).await?;
    rocket::tokio::try_join!(accounts::rocket().launch(), orders.launch())?;
    Ok(())
}

/// Makes the private key unless it is there.
fn make_key(file: &Path) -> Result<(), Box<dyn Error>> {
    if file.exists() {
        return Ok(());
    }
    std::fs::create_dir_all(file.parent().ok_or("a file in a directory")?)?;
    let mut openssl = Command::new("openssl");
    openssl.args(["genpkey", "-algorithm", "ed25519", "-out"]).arg(file);
    let made = openssl.status().map_err(|cause| format!("openssl: {cause}"))?;
    if made.success() { Ok(()) } else { Err("openssl made no key".into()) }
}

/// Does what `curl` does above, before `accounts` listens.
async fn fetch_keys(file: &Path) -> Result<(), Box<dyn Error>> {
    let accounts = Client::untracked(accounts::rocket()).await?;
    let keys = accounts.get("/.well-known/jwks.json").dispatch().await.into_bytes().await;
    std::fs::create_dir_all(file.parent().ok_or("a file in a directory")?)?;
    Ok(std::fs::write(file, keys.ok_or("no keys")?)?)
}
