// SPDX-License-Identifier: Apache-2.0
// Eight threads and one Mutex under which each computes, from SIGUSR1 on. Rust's Mutex does not say who holds it.
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

static TROUBLE: AtomicBool = AtomicBool::new(false);

extern "C" fn on_signal(_: i32) {
    TROUBLE.store(true, Ordering::SeqCst);
}

extern "C" {
    fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
}

fn main() {
    const SIGUSR1: i32 = 10;
    unsafe { signal(SIGUSR1, on_signal) };
    let sum = Arc::new(Mutex::new(1u64));
    for number in 0..8 {
        let sum = Arc::clone(&sum);
        thread::Builder::new()
            .name(format!("worker-{}", number))
            .spawn(move || loop {
                if TROUBLE.load(Ordering::SeqCst) {
                    let mut held = sum.lock().unwrap();
                    for _ in 0..2_000_000 {
                        *held = held.wrapping_mul(6364136223846793005).wrapping_add(1);
                    }
                } else {
                    thread::sleep(Duration::from_millis(50));
                }
            })
            .unwrap();
    }
    println!("ready");
    loop {
        thread::sleep(Duration::from_secs(3600));
    }
}
