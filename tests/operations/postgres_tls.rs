//! PostgreSQL under the name of another machine: only over TLS to a server that
//! proves its name, and never in plain text unless the URL says so.
//!
//! `cargo test --features postgres-tls --test operations postgres_tls`

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use super::client::{LONG_TIMEOUT, Tokens, api_login};
use crate::support::postgres::{self, Server};
use crate::support::process::{Done, Home, finish};

/// The name in the server's certificate; no name server knows it.
const NAME: &str = "db.example";

/// A server that listens for TLS alone, and who signed its certificate.
struct Encrypted {
    server: Server,
    directory: PathBuf,
    address: String,
}

impl Encrypted {
    fn new() -> Option<Self> {
        let server = postgres::private()?;
        let directory = server.own_directory().to_owned();
        make_authority(&directory, "ca");
        make_authority(&directory, "other");
        openssl(&directory, &["genpkey", "-algorithm", "ed25519", "-out", "key"]);
        let subject = format!("/CN={NAME}");
        openssl(&directory, &["req", "-new", "-key", "key", "-subj", &subject, "-out", "csr"]);
        fs::write(directory.join("san"), format!("subjectAltName=DNS:{NAME}")).expect("a file");
        let by_ca = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "san"];
        let sign = ["x509", "-req", "-in", "csr", "-days", "2", "-out", "pem"];
        openssl(&directory, &[&sign[..], &by_ca].concat());
        // The server takes a key only from its own user.
        let owner = fs::metadata(directory.join("data")).expect("the cluster is there");
        chown(directory.join("key"), Some(owner.uid()), Some(owner.gid())).expect("may be given");
        let own = Permissions::from_mode(0o600);
        fs::set_permissions(directory.join("key"), own).expect("a mode can be set");
        let rules = "local all all trust\nhostssl all all 127.0.0.0/8 trust\n";
        fs::write(directory.join("hba"), rules).expect("a file");
        // An address of this machine that no other program uses for this port.
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let (id, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let address = format!("127.{}.{}.{}", 80 + count, id / 250 % 250 + 1, id % 250 + 1);
        let at = directory.display();
        server.stop();
        server.start_with(&format!(
            "-c ssl=on -c ssl_cert_file={at}/pem -c ssl_key_file={at}/key \
             -c hba_file={at}/hba -c listen_addresses={address}"
        ));
        Some(Self { server, directory, address })
    }

    /// An empty database, reached by a name of another machine.
    fn url(&self, name: &str, parameters: &str) -> String {
        let local = self.server.create_database(None);
        let database = local.rsplit('/').next().expect("a name");
        format!("postgres://vestibule@{name}/{database}?hostaddr={}{parameters}", self.address)
    }

    fn verified_by(&self, authority: &str) -> String {
        format!("&sslrootcert={}/{authority}.pem", self.directory.display())
    }
}

fn openssl(directory: &Path, arguments: &[&str]) {
    let mut command = Command::new("openssl");
    command.args(arguments).current_dir(directory).stderr(Stdio::null());
    assert!(command.status().expect("openssl is installed").success(), "{arguments:?}");
}

fn make_authority(directory: &Path, name: &str) {
    let (key, pem, subject) = (format!("{name}.key"), format!("{name}.pem"), format!("/CN={name}"));
    openssl(directory, &["genpkey", "-algorithm", "ed25519", "-out", &key]);
    let arguments = ["req", "-x509", "-key", &key, "-subj", &subject, "-days", "2", "-out", &pem];
    openssl(directory, &arguments);
}

/// A start that is refused, and why.
fn refused(url: &str) -> Done {
    let done = Home::at(url).run(&[], "");
    assert_eq!(done.code, Some(1), "{url}: {done:?}");
    assert!(done.err.contains("databases.main.url"), "{done:?}");
    done
}

#[test]
fn the_connection_is_encrypted_and_the_server_proves_its_name() {
    let Some(encrypted) = Encrypted::new() else { return };
    let home = Home::at(&encrypted.url(NAME, &encrypted.verified_by("ca")));
    let service = home.serve(LONG_TIMEOUT);
    Tokens::of(&api_login(&service.address, "user_01").expect("an answer"));
    let asked = "SELECT count(*) > 0 AND bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity \
                 USING (pid) WHERE application_name = 'vestibule'";
    assert_eq!(encrypted.server.execute("postgres", asked), "t");
    let doctor = home.run(&["doctor"], "");
    assert!(doctor.out.contains("TLS, and the server is verified"), "{doctor:?}");
}

#[test]
fn a_server_that_does_not_prove_its_name_is_refused() {
    let Some(encrypted) = Encrypted::new() else { return };
    let by_ca = encrypted.verified_by("ca");
    let other = refused(&encrypted.url(NAME, &encrypted.verified_by("other")));
    assert!(other.err.contains("certificate verify failed"), "{other:?}");
    let misnamed = refused(&encrypted.url("other.example", &by_ca));
    assert!(misnamed.err.contains("does not match host name"), "{misnamed:?}");
    // Encryption without verification is possible, and the doctor warns.
    let unverified = Home::at(&encrypted.url("other.example", "&sslmode=require"));
    drop(unverified.serve(LONG_TIMEOUT));
    let doctor = unverified.run(&["doctor"], "");
    assert!(doctor.out.contains("need not prove its name"), "{doctor:?}");
    let plain = refused(&encrypted.url(NAME, "&sslmode=disable"));
    assert!(plain.err.contains("no encryption"), "{plain:?}");
    let silent = refused(&encrypted.url(NAME, &format!("{by_ca}&sslmode=prefer")));
    assert!(silent.err.contains("allows plain text"), "{silent:?}");
}

#[test]
fn without_a_word_about_tls_the_system_says_whom_to_trust() {
    let Some(encrypted) = Encrypted::new() else { return };
    let url = encrypted.url(NAME, "");
    let unknown = refused(&url);
    assert!(unknown.err.contains("certificate verify failed"), "{unknown:?}");
    let home = Home::at(&url);
    let mut command = home.command(&["user", "list"]);
    command.env("SSL_CERT_FILE", encrypted.directory.join("ca.pem"));
    let done = finish(&mut command, "");
    assert_eq!(done.code, Some(0), "{done:?}");
}
