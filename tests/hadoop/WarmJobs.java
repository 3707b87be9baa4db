import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.lang.reflect.Field;
import java.security.Permission;
import java.security.Policy;
import java.security.ProtectionDomain;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.mapred.LocalJobRunner;
import org.apache.hadoop.mapreduce.util.ConfigUtil;
import org.apache.hadoop.metrics2.lib.DefaultMetricsSystem;
import org.apache.hadoop.streaming.HadoopStreaming;

/**
 * Runs many streaming jobs in one JVM, each as `hadoop jar hadoop-streaming.jar ARGS` would run it.
 *
 * A JVM cannot change its directory, so whoever asks fills and empties the one it was started in between jobs.
 * A job comes on stdin: number of arguments, then each as length and bytes. Its answer goes to stdout: exit status, then
 * what it wrote on stdout and on stderr, each as length and bytes. Numbers have four bytes, the highest first.
 */
public class WarmJobs {
  /** What System.exit throws here, so that the JVM lives on. */
  private static class Exit extends SecurityException {
    final int status;

    Exit(int status) {
      super("exit " + status);
      this.status = status;
    }
  }

  /** Allows everything but to leave. */
  private static class NoExit extends SecurityManager {
    @Override
    public void checkExit(int status) {
      throw new Exit(status);
    }

    @Override
    public void checkPermission(Permission permission) {
    }

    static void install() {
      Policy.setPolicy(new Policy() {
        @Override
        public boolean implies(ProtectionDomain domain, Permission permission) {
          return true;
        }
      });
      System.setSecurityManager(new NoExit());
    }
  }

  private static final Field JOB_NUMBER = numberOfJob();

  private static Field numberOfJob() {
    try {
      return LocalJobRunner.class.getDeclaredField("jobid");
    } catch (NoSuchFieldException changed) {
      throw new IllegalStateException("LocalJobRunner counts its jobs elsewhere in this release", changed);
    }
  }

  private static String[] readArguments(DataInputStream in) throws Exception {
    String[] arguments = new String[in.readInt()];
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
    }
    return arguments;
  }

  private static int run(String[] arguments) throws Exception {
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    JOB_NUMBER.setInt(null, 0); // every job is the first of its JVM
    try {
      HadoopStreaming.main(arguments);
      return 0;
    } catch (Exit exit) {
      return exit.status;
    } catch (Throwable uncaught) { // as RunJar ends
      uncaught.printStackTrace();
      return 1;
    } finally {
      Thread.currentThread().setContextClassLoader(loader); // -libjars has put its own there
      FileSystem.closeAll(); // a cached file system keeps the last job's block size
      DefaultMetricsSystem.shutdown();
      endSpillThreads();
    }
  }

  /** A failed map task leaves its spill thread waiting, and with it 100 MB of sort buffer. */
  private static void endSpillThreads() {
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().equals("SpillThread")) {
        thread.interrupt();
      }
    }
  }

  public static void main(String[] ignored) throws Exception {
    DataInputStream in = new DataInputStream(System.in);
    PrintStream answers = System.out, errors = System.err;
    DataOutputStream out = new DataOutputStream(answers);
    NoExit.install();
    JOB_NUMBER.setAccessible(true);
    ConfigUtil.loadResources(); // Hadoop's defaults first, so that the next line counts
    Configuration.addDefaultResource("warm-site.xml"); // only asks more often whether the job has ended
    while (true) {
      String[] arguments;
      try {
        arguments = readArguments(in);
      } catch (EOFException end) {
        Runtime.getRuntime().halt(0);
        return;
      }
      ByteArrayOutputStream stdout = new ByteArrayOutputStream(), stderr = new ByteArrayOutputStream();
      System.setOut(new PrintStream(stdout, true));
      System.setErr(new PrintStream(stderr, true));
      int status = run(arguments);
      System.out.flush();
      System.err.flush();
      System.setErr(errors);
      out.writeInt(status);
      for (ByteArrayOutputStream stream : new ByteArrayOutputStream[] {stdout, stderr}) {
        out.writeInt(stream.size());
        stream.writeTo(out);
      }
      out.flush();
    }
  }
}
