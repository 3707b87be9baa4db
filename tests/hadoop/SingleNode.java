import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.server.datanode.DataNode;
import org.apache.hadoop.hdfs.server.namenode.NameNode;
import org.apache.hadoop.mapreduce.v2.hs.JobHistoryServer;
import org.apache.hadoop.metrics2.lib.DefaultMetricsSystem;
import org.apache.hadoop.service.Service;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.server.nodemanager.NodeManager;
import org.apache.hadoop.yarn.server.resourcemanager.ResourceManager;

/**
 * HDFS, YARN and the history server with one node, in one JVM, on loopback and on free ports.
 *
 * Arguments: the directory of the installed Hadoop, and an empty one for all data. The clients' configuration is
 * written to DATA/conf; DATA/ready appears once HDFS takes files and YARN has its node.
 */
public class SingleNode {
  private static final String LOOPBACK = "127.0.0.1";

  private static String freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(LOOPBACK))) {
      return LOOPBACK + ":" + socket.getLocalPort();
    }
  }

  private static Configuration settings(String home, String data) throws IOException {
    Configuration conf = new Configuration(false);
    String jars = home + "/share/hadoop/common/lib/*";
    conf.set("hadoop.tmp.dir", data + "/tmp");
    conf.set("fs.defaultFS", "hdfs://" + freePort());
    conf.set("dfs.replication", "1");
    conf.set("dfs.namenode.name.dir", data + "/name");
    conf.set("dfs.datanode.data.dir", data + "/blocks");
    conf.set("dfs.namenode.safemode.extension", "0");
    conf.set("dfs.permissions.enabled", "false");
    for (String address : new String[] {"dfs.namenode.http-address", "dfs.datanode.address", "dfs.datanode.ipc.address",
        "dfs.datanode.http.address", "yarn.nodemanager.address", "yarn.nodemanager.localizer.address",
        "yarn.nodemanager.webapp.address", "mapreduce.jobhistory.admin.address"}) {
      conf.set(address, LOOPBACK + ":0");
    }
    conf.set("yarn.resourcemanager.hostname", LOOPBACK);
    for (String address : new String[] {"yarn.resourcemanager.address", "yarn.resourcemanager.scheduler.address",
        "yarn.resourcemanager.resource-tracker.address", "yarn.resourcemanager.admin.address",
        "yarn.resourcemanager.webapp.address", "mapreduce.jobhistory.address", "mapreduce.jobhistory.webapp.address"}) {
      conf.set(address, freePort());
    }
    // the capacity scheduler would want a file of queues
    conf.set("yarn.resourcemanager.scheduler.class",
        "org.apache.hadoop.yarn.server.resourcemanager.scheduler.fifo.FifoScheduler");
    conf.set("yarn.scheduler.minimum-allocation-mb", "128");
    conf.set("yarn.nodemanager.resource.memory-mb", "4096");
    conf.set("yarn.nodemanager.resource.cpu-vcores", "8");
    conf.set("yarn.nodemanager.vmem-check-enabled", "false");
    conf.set("yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage", "99.9");
    conf.set("yarn.nodemanager.local-dirs", data + "/local");
    conf.set("yarn.nodemanager.log-dirs", data + "/logs");
    conf.set("yarn.nodemanager.aux-services", "mapreduce_shuffle");
    conf.set("yarn.log-aggregation-enable", "true");
    conf.set("yarn.application.classpath", jars);
    conf.set("mapreduce.application.classpath", jars);
    conf.set("mapreduce.framework.name", "yarn");
    conf.set("mapreduce.shuffle.port", "0");
    conf.set("yarn.app.mapreduce.am.resource.mb", "512");
    String opens = " --add-opens=java.base/java.lang=ALL-UNNAMED";
    conf.set("yarn.app.mapreduce.am.command-opts", "-Xmx400m -XX:+UseSerialGC" + opens);
    conf.set("mapreduce.map.memory.mb", "512");
    conf.set("mapreduce.reduce.memory.mb", "512");
    conf.set("mapred.child.java.opts", "-Xmx400m -XX:+UseSerialGC -XX:TieredStopAtLevel=1" + opens);
    return conf;
  }

  /** All settings in each of the files that Hadoop's programs look for. */
  private static void write(Configuration settings, File folder) throws IOException {
    folder.mkdirs();
    for (String name : new String[] {"core", "hdfs", "yarn", "mapred"}) {
      try (FileOutputStream out = new FileOutputStream(new File(folder, name + "-site.xml"))) {
        settings.writeXml(out);
      }
    }
  }

  private static void start(Service service, Configuration conf) {
    service.init(conf);
    service.start();
  }

  public static void main(String[] args) {
    try {
      run(args[0], args[1]);
    } catch (Throwable failure) { // the daemons that have started would keep the JVM alive
      failure.printStackTrace();
      Runtime.getRuntime().halt(1);
    }
  }

  private static void run(String home, String data) throws Exception {
    Configuration settings = settings(home, data);
    write(settings, new File(data, "conf"));
    Files.copy(Path.of(home, "etc/hadoop/log4j.properties"), Path.of(data, "conf/log4j.properties"),
        StandardCopyOption.REPLACE_EXISTING);
    YarnConfiguration conf = new YarnConfiguration();
    conf.addResource(settings);
    DefaultMetricsSystem.setMiniClusterMode(true); // several daemons share the JVM's metrics

    NameNode.format(conf);
    NameNode.createNameNode(new String[0], conf);
    DataNode.createDataNode(new String[0], conf);
    FileSystem files = FileSystem.get(conf);
    for (String folder : new String[] {"/tmp", "/user/" + System.getProperty("user.name")}) {
      files.mkdirs(new org.apache.hadoop.fs.Path(folder), new FsPermission("1777"));
    }
    files.create(new org.apache.hadoop.fs.Path("/tmp/.health")).close(); // waits for safe mode to end

    ResourceManager manager = new ResourceManager();
    start(manager, new YarnConfiguration(conf));
    start(new NodeManager(), new YarnConfiguration(conf));
    start(new JobHistoryServer(), new YarnConfiguration(conf));
    while (manager.getResourceScheduler().getNumClusterNodes() == 0) {
      Thread.sleep(50);
    }
    new File(data, "ready").createNewFile();
  }
}
