// SPDX-License-Identifier: Apache-2.0

import java.util.concurrent.locks.ReentrantLock;

/**
 * A thread "monitor" waits for a monitor, a thread "reentrant" for a ReentrantLock, each of which
 * main holds for 20 ms again and again. Says "ready", waits for a line, says how many nanoseconds
 * each thread waited by its own clock, and ends with its input.
 */
public final class WaitForLocks {
  private static final int ROUNDS = 20;
  private static final long HOLD_MS = 20;

  private interface Lock {
    void hold(Runnable work);
  }

  /** Spins between its waits, so that nothing else blocks it. */
  private static final class Waiter extends Thread {
    private final Lock lock;
    volatile int asked;
    volatile int done;
    volatile long waitedNs;

    Waiter(String name, Lock lock) {
      super(name);
      this.lock = lock;
      setDaemon(true);
    }

    @Override
    public void run() {
      while (true) {
        if (done < asked) {
          long start = System.nanoTime();
          lock.hold(() -> {});
          waitedNs += System.nanoTime() - start;
          done++;
        }
        Thread.onSpinWait();
      }
    }

    void letWait() {
      lock.hold(
          () -> {
            asked++;
            pause(HOLD_MS);
          });
      while (done < asked) {
        pause(1);
      }
    }
  }

  private static void pause(long ms) {
    try {
      Thread.sleep(ms);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  public static void main(String[] args) throws java.io.IOException {
    Object monitor = new Object();
    ReentrantLock reentrant = new ReentrantLock();
    Lock ofMonitor =
        work -> {
          synchronized (monitor) {
            work.run();
          }
        };
    Lock ofReentrant =
        work -> {
          reentrant.lock();
          try {
            work.run();
          } finally {
            reentrant.unlock();
          }
        };
    Waiter[] waiters = {
      new Waiter("monitor", ofMonitor), new Waiter("reentrant", ofReentrant)
    };
    for (Waiter waiter : waiters) {
      waiter.start();
      waiter.letWait(); // Loads and links what is needed.
      waiter.waitedNs = 0;
    }
    System.out.println("ready");
    System.in.read();
    for (Waiter waiter : waiters) {
      for (int round = 0; round < ROUNDS; round++) {
        waiter.letWait();
      }
      System.out.println(waiter.waitedNs);
    }
    while (System.in.read() >= 0) {}
  }
}
