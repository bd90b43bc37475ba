//! Password hashes from elsewhere by PBKDF2, scrypt and Argon2: Werkzeug's, Django's and those of
//! PHP and argon2-cffi.
//!
//! What one costs is written in the hash, so it has limits, which are checked before any work.

use argon2::{Algorithm, Argon2, Block, Version};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use crate::digest::is_equal;

/// Most iterations of PBKDF2; Django 5.2 and Werkzeug 3.1 write a million.
const MAX_ITERATIONS: u32 = 2_000_000;

/// Most memory of scrypt or Argon2, in KiB; Django's Argon2 takes 100 MiB.
const MAX_MEMORY: u64 = 128 * 1024;

/// Most memory that is filled over all passes, in KiB; Laravel's Argon2 fills 256 MiB.
const MAX_FILLED: u64 = 4 * MAX_MEMORY;

/// A parsed hash.
pub(super) struct ImportedHash {
    function: Function,
    salt: Vec<u8>,
    digest: Vec<u8>,
}

enum Function {
    Pbkdf2(Hash, u32),
    Scrypt(scrypt::Params),
    Argon2(Algorithm, argon2::Params),
}

enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

impl ImportedHash {
    /// Parses a hash; `None` if it is of another kind.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('$').collect();
        match parts.as_slice() {
            // Werkzeug
            [method, salt, digest] => {
                let function = match method.split(':').collect::<Vec<_>>().as_slice() {
                    ["pbkdf2", hash, iterations] => Function::pbkdf2(hash, iterations)?,
                    ["scrypt", n, r, p] => Function::scrypt(n, r, p)?,
                    _ => return None,
                };
                Self { function, salt: (*salt).into(), digest: from_hex(digest)? }.complete()
            }
            // Django
            [method @ ("pbkdf2_sha256" | "pbkdf2_sha1"), iterations, salt, digest] => {
                let function = Function::pbkdf2(&method["pbkdf2_".len()..], iterations)?;
                let digest = STANDARD.decode(digest).ok()?;
                Self { function, salt: (*salt).into(), digest }.complete()
            }
            ["scrypt", n, salt, r, p, digest] => {
                let digest = STANDARD.decode(digest).ok()?;
                let function = Function::scrypt(n, r, p)?;
                Self { function, salt: (*salt).into(), digest }.complete()
            }
            // PHP and argon2-cffi; Django puts its word before.
            ["" | "argon2", kind @ ("argon2i" | "argon2id"), "v=19", costs, salt, digest] => {
                let salt = STANDARD_NO_PAD.decode(salt).ok()?;
                let digest = STANDARD_NO_PAD.decode(digest).ok()?;
                let function = Function::argon2(kind, costs, digest.len())?;
                Self { function, salt, digest }.complete()
            }
            _ => None,
        }
    }

    /// Refuses a salt or a digest that this function never writes: an empty one would match.
    fn complete(self) -> Option<Self> {
        let (salt, digest) = match self.function {
            Function::Pbkdf2(Hash::Sha1, _) => (1, 20..=20),
            Function::Pbkdf2(Hash::Sha256, _) => (1, 32..=32),
            Function::Pbkdf2(Hash::Sha512, _) | Function::Scrypt(_) => (1, 64..=64),
            Function::Argon2(..) => (argon2::MIN_SALT_LEN, 16..=64),
        };
        (self.salt.len() >= salt && digest.contains(&self.digest.len())).then_some(self)
    }

    /// Checks what a comparison would cost.
    ///
    /// # Errors
    /// The reason, without the hash.
    pub(super) fn check_cost(&self) -> Result<(), String> {
        let (memory, filled) = match &self.function {
            Function::Pbkdf2(_, iterations) if *iterations > MAX_ITERATIONS => {
                return Err(format!("its {iterations} iterations are more than {MAX_ITERATIONS}"));
            }
            Function::Pbkdf2(..) => (0, 0),
            Function::Scrypt(params) => {
                let (r, p) = (u64::from(params.r()), u64::from(params.p()));
                let block = 1_u64.checked_shl(params.log_n().into()).unwrap_or(u64::MAX);
                let kib = |blocks: u64| blocks.saturating_mul(r).div_ceil(8);
                (kib(block.saturating_add(p)), kib(block.saturating_mul(p)))
            }
            Function::Argon2(_, params) => {
                let memory = u64::from(params.m_cost());
                (memory, memory * u64::from(params.t_cost()))
            }
        };
        if memory > MAX_MEMORY {
            Err(format!("its memory is {memory} KiB, more than {MAX_MEMORY}"))
        } else if filled > MAX_FILLED {
            Err(format!("it fills {filled} KiB of memory, more than {MAX_FILLED}"))
        } else {
            Ok(())
        }
    }

    /// Whether [`matches`](Self::matches) would compute a hash. HMAC pads its key with NUL, so by
    /// PBKDF2 and scrypt "ab" would match "ab\0".
    pub(super) fn can_match(&self, password: &str) -> bool {
        self.check_cost().is_ok() && !password.contains('\0')
    }

    /// Whether the password matches.
    pub(super) fn matches(&self, password: &str) -> bool {
        if !self.can_match(password) {
            return false;
        }
        let (password, mut found) = (password.as_bytes(), vec![0; self.digest.len()]);
        let done = match &self.function {
            Function::Pbkdf2(hash, iterations) => {
                let derive = match hash {
                    Hash::Sha1 => pbkdf2_hmac::<Sha1>,
                    Hash::Sha256 => pbkdf2_hmac::<Sha256>,
                    Hash::Sha512 => pbkdf2_hmac::<Sha512>,
                };
                derive(password, &self.salt, *iterations, &mut found);
                true
            }
            Function::Scrypt(params) => {
                scrypt::scrypt(password, &self.salt, params, &mut found).is_ok()
            }
            Function::Argon2(algorithm, params) => {
                let argon2 = Argon2::new(*algorithm, Version::V0x13, params.clone());
                let memory = vec![Block::default(); params.block_count()];
                let salt = &self.salt;
                argon2.hash_password_into_with_memory(password, salt, &mut found, memory).is_ok()
            }
        };
        done && is_equal(&found, &self.digest)
    }
}

impl Function {
    fn pbkdf2(hash: &str, iterations: &str) -> Option<Self> {
        let hash = match hash {
            "sha1" => Hash::Sha1,
            "sha256" => Hash::Sha256,
            "sha512" => Hash::Sha512,
            _ => return None,
        };
        let iterations = iterations.parse().ok().filter(|iterations| *iterations > 0)?;
        Some(Self::Pbkdf2(hash, iterations))
    }

    fn scrypt(n: &str, r: &str, p: &str) -> Option<Self> {
        let n: u64 = n.parse().ok().filter(|n: &u64| *n > 1 && n.is_power_of_two())?;
        let log_n = u8::try_from(n.trailing_zeros()).ok()?;
        let params = scrypt::Params::new(log_n, r.parse().ok()?, p.parse().ok()?, 64);
        params.ok().map(Self::Scrypt)
    }

    /// Parses `m=65536,t=3,p=4`.
    fn argon2(kind: &str, costs: &str, length: usize) -> Option<Self> {
        let mut costs = costs.split(',');
        let mut cost = |name| costs.next()?.strip_prefix(name)?.parse::<u32>().ok();
        let (memory, passes, lanes) = (cost("m=")?, cost("t=")?, cost("p=")?);
        let params = argon2::Params::new(memory, passes, lanes, Some(length)).ok()?;
        let algorithm = if kind == "argon2i" { Algorithm::Argon2i } else { Algorithm::Argon2id };
        costs.next().is_none().then_some(Self::Argon2(algorithm, params))
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit =
        |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(digit(high)? * 16 + digit(low)?),
        _ => None,
    };
    text.as_bytes().chunks(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORD: &str = "pässword";

    /// Made by Werkzeug 3.1, Django 5.2 and argon2-cffi 25.1, cheaper than by default but for the
    /// first.
    const MADE: &[&str] = &[
        "scrypt:32768:8:1$LCkkBeJU2020nIIc$5c9c977ec62da2065fa15a587188064d7e06862a14a42ced33631bcf5182df11efa270ac891d028740acd1e4fe1e8bf94cea86fbcbb2984c7ee048dce863bb9a",
        "scrypt:1024:8:1$NFWDuC8d4fQtL362$b61804996744d64965e155a4e9bdf3b154fe1a2ce4b31f320d4e10686409f162378a7bcb8fa9d5924b3454bd76e7b147e4b559b6d2aa781adeafa7dae4d9193e",
        "pbkdf2:sha256:1000$2Spv1eEnGTh1ZgFI$aa57a827d09ada290f207ee6481b72679378a660cb1b157b414a3a54913bdaf0",
        "pbkdf2:sha512:1000$uYgAOU014e8nndk4$7470bc0f503cbe2070400b8d12cd9a568b87aa2fa668dfd02fbac3e10df18c6d61cf129a5045b6e6ad4b072e346d47f659d5b387d0b93eb6943e5c24a5c90915",
        "pbkdf2:sha1:1000$ZiiCLHW4USrUXOqg$36ecfa0d4a73df4e1a0bcd9c837362f766ab8437",
        "pbkdf2_sha256$1000$salt$zaPBw25cko7Ca8lZz1fxPhI2duvzpPRkKl9tLENcH14=",
        "pbkdf2_sha1$1000$salt$qGQU4oLbpuhDMZk6x40KUgoaOGE=",
        "scrypt$1024$salt$8$1$Zs5JU2NO+bdJ9FjJ6Dh715TLl8xW45zhDGNs44KQfBRIAuRiUU+2pghcAjozItTKLGpze2t+vqU9Kw74NDSK6g==",
        "$argon2id$v=19$m=64,t=1,p=2$CPjJWOu8yeZ2EqFra3p3MQ$nCtRuu97L4RzKWFh6Arsx+P2wWJmiYWfUe9THru/aCU",
        "argon2$argon2i$v=19$m=64,t=1,p=2$g/KpJbkGMGSEoOKDNIwapA$lyILdGv2h1sBVNQblT5/hQ",
    ];

    #[test]
    fn hashes_of_werkzeug_django_and_argon2_verify() {
        for made in MADE {
            let foreign = ImportedHash::parse(made).expect(made);
            assert_eq!(foreign.check_cost(), Ok(()), "{made}");
            assert!(foreign.matches(PASSWORD), "{made}");
            for wrong in ["", "password", "pässword\0", "Pässword"] {
                assert!(!foreign.matches(wrong), "{wrong:?}: {made}");
            }
        }
    }

    #[test]
    fn what_is_cut_or_changed_is_no_hash_or_matches_nothing() {
        for made in &MADE[1..] {
            for length in 0..made.len() {
                let cut = &made[..length];
                assert!(ImportedHash::parse(cut).is_none_or(|cut| !cut.matches(PASSWORD)), "{cut}");
            }
            for end in ["x", "=", "$", "\n", "00"] {
                let longer = format!("{made}{end}");
                assert!(
                    ImportedHash::parse(&longer).is_none_or(|l| !l.matches(PASSWORD)),
                    "{longer}"
                );
            }
        }
        for odd in [
            "pbkdf2:sha256:0$salt$aa57a827d09ada290f207ee6481b72679378a660cb1b157b414a3a54913bdaf0",
            "pbkdf2:sha256:1000$$aa57a827d09ada290f207ee6481b72679378a660cb1b157b414a3a54913bdaf0",
            "pbkdf2:sha256:1000$salt$",
            "pbkdf2:md5:1000$salt$5f4dcc3b5aa765d61d8327deb882cf99",
            "pbkdf2_sha256$1000$salt$",
            "sha256$salt$5e884898da28047151d0e56f8dc6292773603d0d6aabbd62a11ef721d1542d8",
            "scrypt:1024:8:1$salt$",
            "$argon2d$v=19$m=64,t=1,p=2$CPjJWOu8yeZ2EqFra3p3MQ$lyILdGv2h1sBVNQblT5/hQ",
            "$argon2id$v=16$m=64,t=1,p=2$CPjJWOu8yeZ2EqFra3p3MQ$lyILdGv2h1sBVNQblT5/hQ",
            "$argon2id$v=19$m=64,t=1,p=2$CPjJWOu8yeZ2EqFra3p3MQ$",
        ] {
            assert!(ImportedHash::parse(odd).is_none(), "{odd}");
        }
        for (n, is_hash) in [("0", false), ("1", false), ("2", true), ("1000", false)] {
            let scrypt = format!("scrypt:{n}:8:1$salt${}", "00".repeat(64));
            assert_eq!(ImportedHash::parse(&scrypt).is_some(), is_hash, "{scrypt}");
        }
    }

    #[test]
    fn a_hash_beyond_the_limits_costs_nothing_and_says_why() {
        let scrypt = |costs| format!("scrypt:{costs}$salt${}", "00".repeat(64));
        let argon2 = |costs| format!("$argon2id$v=19${costs}$c2FsdHNhbHQ${}", "A".repeat(43));
        let pbkdf2 = |costs| format!("pbkdf2:sha256:{costs}$salt${}", "00".repeat(32));
        for (text, why) in [
            (pbkdf2("2000001"), "2000001 iterations"),
            (pbkdf2("4294967295"), "4294967295 iterations"),
            (scrypt("262144:8:1"), "memory is"),
            (scrypt("2:8:4000000"), "memory is"),
            (scrypt("1099511627776:8:1"), "memory is"),
            (scrypt("131072:7:5"), "it fills"),
            (argon2("m=131073,t=1,p=1"), "memory is 131073 KiB, more than 131072"),
            (argon2("m=4294967295,t=4294967295,p=1"), "memory is"),
            (argon2("m=131072,t=5,p=1"), "it fills 655360 KiB of memory, more than 524288"),
            (argon2("m=8,t=4294967295,p=1"), "it fills"),
        ] {
            let foreign = ImportedHash::parse(&text).expect(&text);
            let said = foreign.check_cost().expect_err(&text);
            assert!(said.contains(why), "{text}: {said}");
            assert!(!foreign.matches(""), "{text}");
        }
        for fits in [
            pbkdf2("2000000"),
            scrypt("65536:8:1"),
            scrypt("16384:8:5"),
            argon2("m=131072,t=4,p=1"),
            argon2("m=102400,t=2,p=8"),
        ] {
            assert_eq!(ImportedHash::parse(&fits).expect(&fits).check_cost(), Ok(()), "{fits}");
        }
    }
}
