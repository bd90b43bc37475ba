//! Measures how many bcrypt hashes per second the cores can compute.
//!
//! `peer-raw-bcrypt COST THREADS SECONDS` prints hashes per second.

use std::thread;
use std::time::{Duration, Instant};

fn main() {
    let numbers: Vec<u32> =
        std::env::args().skip(1).map(|number| number.parse().expect("a number")).collect();
    let [cost, threads, seconds] = numbers[..] else { panic!("usage") };
    let long = Duration::from_secs(seconds.into());
    let hash_for_long = move || {
        let began = Instant::now();
        let mut hashes = 0;
        while began.elapsed() < long {
            std::hint::black_box(bcrypt::bcrypt(cost, [7; 16], b"correct horse battery staple"));
            hashes += 1;
        }
        // Until the end of the last hash, so that no hash is counted in part.
        f64::from(hashes) / began.elapsed().as_secs_f64()
    };
    let running: Vec<_> = (0..threads).map(|_| thread::spawn(hash_for_long)).collect();
    let rate: f64 = running.into_iter().map(|thread| thread.join().expect("hashed")).sum();
    println!("{rate:.3}");
}
