// SPDX-License-Identifier: Apache-2.0
// The pool of the Rust book: workers share the receiver of a channel under a Mutex. A task every 5 ms until SIGUSR1.
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{mpsc, Arc, Mutex};
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
    let (sender, receiver) = mpsc::channel::<u32>();
    let receiver = Arc::new(Mutex::new(receiver));
    for number in 0..8 {
        let receiver = Arc::clone(&receiver);
        thread::Builder::new()
            .name(format!("worker-{}", number))
            .spawn(move || loop {
                let task = receiver.lock().unwrap().recv();
                if task.is_err() {
                    return;
                }
            })
            .unwrap();
    }
    println!("ready");
    loop {
        if TROUBLE.load(Ordering::SeqCst) {
            thread::park();
        } else {
            sender.send(1).unwrap();
            thread::sleep(Duration::from_millis(5));
        }
    }
}
