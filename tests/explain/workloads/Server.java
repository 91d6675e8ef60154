// SPDX-License-Identifier: Apache-2.0
// The same small service for the JVM: com.sun.net.httpserver with a fixed pool of THREADS.
import com.sun.net.httpserver.HttpServer;
import java.net.*;
import java.nio.file.*;
import java.util.concurrent.*;

public class Server {
  static double number(String name) throws Exception {
    return Double.parseDouble(Files.readString(Path.of(System.getenv(name))).strip());
  }

  static void compute(double seconds) {
    long end = System.nanoTime() + (long) (seconds * 1e9);
    double x = 1;
    while (System.nanoTime() < end) for (int i = 0; i < 1000; i++) x = Math.sqrt(x + i);
  }

  static void work(String path) throws Exception {
    switch (path) {
      case "/peer":
        try (Socket peer = new Socket("127.0.0.1", Integer.parseInt(System.getenv("PEER")))) {
          peer.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes());
          peer.getInputStream().read(new byte[4096]);
        }
        break;
      case "/sleep": Thread.sleep((long) (1000 * number("SLEEP"))); break;
      case "/child": new ProcessBuilder("/bin/sleep", "" + number("SLEEP")).start().waitFor(); break;
      case "/compute": compute(0.2); break;
    }
  }

  public static void main(String[] args) throws Exception {
    var server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(System.getenv("PORT"))), 128);
    server.createContext("/", exchange -> {
      try {
        work(exchange.getRequestURI().getPath());
      } catch (Exception error) {
        throw new java.io.IOException(error);
      }
      exchange.sendResponseHeaders(200, 3);
      exchange.getResponseBody().write("ok\n".getBytes());
      exchange.close();
    });
    server.setExecutor(Executors.newFixedThreadPool(Integer.parseInt(System.getenv("THREADS"))));
    server.start();
  }
}
