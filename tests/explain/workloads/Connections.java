// SPDX-License-Identifier: Apache-2.0
// Threads that share connections to PostgreSQL by HikariCP: Connections PORT THREADS CONNECTIONS.
import com.zaxxer.hikari.*;
import java.util.concurrent.*;

public class Connections {
  public static void main(String[] args) throws Exception {
    var config = new HikariConfig();
    config.setJdbcUrl("jdbc:postgresql://127.0.0.1:" + args[0] + "/postgres?sslmode=disable&gssEncMode=disable");
    config.setUsername("postgres");
    config.setPassword("none");
    config.setMaximumPoolSize(Integer.parseInt(args[2]));
    config.setConnectionTimeout(600_000);
    var source = new HikariDataSource(config);
    int threads = Integer.parseInt(args[1]);
    var pool = Executors.newFixedThreadPool(threads);
    for (int i = 0; i < threads; i++) {
      pool.submit(() -> {
        while (true) {
          try (var connection = source.getConnection(); var statement = connection.createStatement()) {
            statement.execute("SELECT 1");
          }
          Thread.sleep(100);
        }
      });
    }
    System.out.println("ready");
  }
}
