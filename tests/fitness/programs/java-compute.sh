# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The compiler, three garbage collectors at work, threads, files and a further process; no network.
. "${0%/*}/lib.sh"
cat >Main.java <<'J'
import java.nio.file.*;
import java.util.*;
import java.util.stream.*;

public class Main {
    public static void main(String[] args) throws Exception {
        var live = new HashMap<Integer, byte[]>();
        for (int i = 0; i < 200000; i++) live.put(i % 1000, new byte[500]);
        System.gc();
        if (IntStream.range(0, 100000).parallel().mapToLong(i -> i).sum() != 4999950000L) throw new Exception("sum");
        var file = Files.createTempFile("x", "y");
        Files.write(file, new byte[100000]);
        try (var channel = java.nio.channels.FileChannel.open(file)) { channel.map(java.nio.channels.FileChannel.MapMode.READ_ONLY, 0, 1000).get(999); }
        Files.move(file, Path.of("/tmp/moved"), StandardCopyOption.REPLACE_EXISTING);
        if (!new String(new ProcessBuilder("echo", "x").start().getInputStream().readAllBytes()).equals("x\n")) throw new Exception("process");
        System.out.println("works");
    }
}
J
mkdir classes
java -m jdk.compiler/com.sun.tools.javac.Main -d classes Main.java
for gc in Serial G1 Z; do is "$(java -Xmx256m -XX:+Use${gc}GC -cp classes Main)" works; done
echo works
