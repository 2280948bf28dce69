# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# An HTTP server with a pool of threads, its client, and datagrams.
. "${0%/*}/lib.sh"
cat >Main.java <<'J'
import com.sun.net.httpserver.HttpServer;
import java.net.*;
import java.net.http.*;
import java.util.concurrent.Executors;

public class Main {
    public static void main(String[] args) throws Exception {
        var server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", x -> { byte[] b = "hello".getBytes(); x.sendResponseHeaders(200, b.length); x.getResponseBody().write(b); x.close(); });
        var pool = Executors.newFixedThreadPool(4);
        server.setExecutor(pool);
        server.start();
        var client = HttpClient.newHttpClient();
        var request = HttpRequest.newBuilder(URI.create("http://localhost:" + server.getAddress().getPort())).build();
        for (int i = 0; i < 30; i++)
            if (!client.send(request, HttpResponse.BodyHandlers.ofString()).body().equals("hello")) throw new Exception("http");
        var a = new DatagramSocket(new InetSocketAddress("127.0.0.1", 0));
        new DatagramSocket().send(new DatagramPacket(new byte[]{1}, 1, a.getLocalSocketAddress()));
        a.receive(new DatagramPacket(new byte[1], 1));
        for (var i : java.util.Collections.list(NetworkInterface.getNetworkInterfaces())) i.getMTU();
        System.out.println("works");
        System.exit(0);
    }
}
J
java -Xshare:auto -XX:TieredStopAtLevel=1 Main.java
