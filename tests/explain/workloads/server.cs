// SPDX-License-Identifier: Apache-2.0
// The same small service in C#: a thread pool of at least 8, blocking.
using System;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;

static class Server {
  static double Number(string name) {
    return double.Parse(File.ReadAllText(Environment.GetEnvironmentVariable(name)), System.Globalization.CultureInfo.InvariantCulture);
  }

  static void Work(string path) {
    if (path == "/peer") {
      using (var peer = new TcpClient("127.0.0.1", int.Parse(Environment.GetEnvironmentVariable("PEER")))) {
        var request = Encoding.ASCII.GetBytes("ask\n");
        peer.GetStream().Write(request, 0, request.Length);
        peer.GetStream().Read(new byte[16], 0, 16);
      }
    } else if (path == "/sleep") {
      Thread.Sleep((int) (1000 * Number("SLEEP")));
    }
  }

  static void Handle(object connection) {
    try {
      using (var client = (TcpClient) connection) {
        var reader = new StreamReader(client.GetStream());
        string first = reader.ReadLine();
        if (first == null) return;  // Somebody looked whether we are here.
        for (string line = first; !string.IsNullOrEmpty(line); line = reader.ReadLine()) {}
        Work(first.Split(' ')[1]);
        var answer = Encoding.ASCII.GetBytes("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n");
        client.GetStream().Write(answer, 0, answer.Length);
      }
    } catch (IOException) {
    }
  }

  static void Main() {
    ThreadPool.SetMinThreads(8, 8);
    ThreadPool.SetMaxThreads(8, 8);
    var listener = new TcpListener(IPAddress.Loopback, int.Parse(Environment.GetEnvironmentVariable("PORT")));
    listener.Start();
    while (true) {
      ThreadPool.QueueUserWorkItem(Handle, listener.AcceptTcpClient());
    }
  }
}
