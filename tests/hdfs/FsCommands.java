import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FsShell;
import org.apache.hadoop.util.ToolRunner;

/** Runs the commands of `hadoop fs` that stdin tells, one a line; writes the status, stdout and stderr of each. */
public class FsCommands {
  public static void main(String[] args) throws Exception {
    PrintStream told = System.out;
    List<String> commands = new BufferedReader(new InputStreamReader(System.in)).lines().collect(Collectors.toList());
    for (String line : commands) { // all read before: `-put -` closes stdin
      ByteArrayOutputStream out = new ByteArrayOutputStream(), err = new ByteArrayOutputStream();
      System.setOut(new PrintStream(out, true));
      System.setErr(new PrintStream(err, true));
      int status = ToolRunner.run(new Configuration(), new FsShell(), line.split(" "));
      told.println("$ " + line + "\n[" + (status & 255) + "]");
      out.writeTo(told);
      told.println("-- stderr");
      err.writeTo(told);
      told.println("--");
      told.flush();
    }
  }
}
