"""The names of all properties that a job may set, and what a misspelt one probably means."""

from collections.abc import Iterable

from streamtools.job.properties.defaults import DEFAULTS
from streamtools.job.properties.renamed import RENAMED

WITHOUT_DEFAULT = """
aggregate.max.num.unique.values fs.local.block.size mapred.child.env mapred.child.java.opts mapred.child.ulimit
mapred.combiner.class mapred.create.symlink mapred.input.format.class mapred.job.tracker mapred.map.runner.class
mapred.mapper.class mapred.output.committer.class mapred.output.format.class mapred.partitioner.class
mapred.reducer.class mapreduce.admin.map.child.java.opts mapreduce.admin.reduce.child.java.opts
mapreduce.admin.user.env mapreduce.admin.user.shell mapreduce.aggregate.descriptor mapreduce.aggregate.descriptor.num
mapreduce.aggregate.max.num.unique.values mapreduce.aggregate.user.jar.file mapreduce.application.classpath
mapreduce.application.framework.path mapreduce.fileoutputcommitter.cleanup-failures.ignored
mapreduce.fileoutputcommitter.cleanup.skipped mapreduce.fileoutputcommitter.failures.attempts
mapreduce.fileoutputcommitter.marksuccessfuljobs mapreduce.input.fileinputformat.input.dir.nonrecursive.ignore.subdirs
mapreduce.input.fileinputformat.numinputfiles mapreduce.input.sequencefileinputfilter.regexnot
mapreduce.job.am-access-disabled mapreduce.job.am.node-label-expression mapreduce.job.am.strict-locality
mapreduce.job.application.attempt.id mapreduce.job.cache.symlink.create mapreduce.job.classloader.system.classes
mapreduce.job.combiner.group.comparator.class mapreduce.job.committer.dynamic.partitioning
mapreduce.job.committer.task.cleanup.needed mapreduce.job.counters.counter.name.max
mapreduce.job.counters.group.name.max mapreduce.job.counters.groups.max mapreduce.job.credentials.binary
mapreduce.job.credentials.json mapreduce.job.dir mapreduce.job.end-notification.custom-notifier-class
mapreduce.job.end-notification.proxy mapreduce.job.end-notification.timeout
mapreduce.job.hdfs-servers.token-renewal.exclude mapreduce.job.jar.unpack.pattern mapreduce.job.log4j-properties-file
mapreduce.job.node-label-expression mapreduce.job.num-opportunistic-maps-percent mapreduce.job.preemption
mapreduce.job.process-tree.class mapreduce.job.redacted-properties mapreduce.job.reservation.id
mapreduce.job.restart.recover mapreduce.job.send-token-conf mapreduce.job.shuffle.provider.services
mapreduce.job.speculative.slownodethreshold mapreduce.job.speculative.speculativecap mapreduce.job.splitfile
mapreduce.job.submithostaddress mapreduce.job.submithostname mapreduce.job.tags mapreduce.job.token.tracking.ids
mapreduce.job.ubertask.maxbytes mapreduce.jobcontrol.createdir.ifnotexist mapreduce.local.map.tasks.maximum
mapreduce.local.reduce.tasks.maximum mapreduce.map.node-label-expression mapreduce.map.ulimit
mapreduce.mapper.multithreadedmapper.mapclass mapreduce.mapper.multithreadedmapper.threads
mapreduce.multiple-outputs-close-threads mapreduce.multipleoutputs.counters mapreduce.output.basename
mapreduce.outputcommitter.factory.class mapreduce.outputcommitter.factory.scheme
mapreduce.outputcommitter.factory.scheme.abfs mapreduce.outputcommitter.factory.scheme.gs
mapreduce.outputcommitter.factory.scheme.s3a mapreduce.outputcommitter.named.classname
mapreduce.reduce.markreset.buffer.size mapreduce.reduce.merge.memtomem.enabled
mapreduce.reduce.merge.memtomem.threshold mapreduce.reduce.node-label-expression
mapreduce.reduce.shuffle.indexcache.mb mapreduce.reduce.shuffle.max-fetch-failures-fraction
mapreduce.reduce.shuffle.max-fetch-failures-notifications mapreduce.reduce.shuffle.max-host-failures
mapreduce.reduce.shuffle.maxfetchfailures mapreduce.reduce.shuffle.notify.readerror mapreduce.reduce.ulimit
mapreduce.task.index.cache.limit.bytes mapreduce.task.local.output.class mapreduce.task.log.progress.delta.threshold
mapreduce.task.log.progress.wait.interval-seconds mapreduce.task.max.status.length
mapreduce.task.progress-report.interval mapreduce.task.timeout.check-interval-ms mapreduce.task.uberized
mapreduce.totalorderpartitioner.naturalorder mapreduce.totalorderpartitioner.path
mapreduce.totalorderpartitioner.trie.maxdepth num.key.fields.for.partition stream.addenvironment
stream.combine.streamprocessor stream.io.identifier.resolver.class stream.jobconf.truncate.limit
stream.joindelay.milli stream.map.input stream.map.input.field.separator stream.map.input.ignoreKey
stream.map.input.writer.class stream.map.output stream.map.output.field.separator stream.map.output.reader.class
stream.map.streamprocessor stream.minRecWrittenToEnableSkip_ stream.non.zero.exit.is.failure
stream.num.map.output.key.fields stream.num.reduce.output.key.fields stream.recordreader.begin
stream.recordreader.class stream.recordreader.end stream.recordreader.lookahead stream.recordreader.maxrec
stream.recordreader.slowmatch stream.recordreader.statuschars stream.reduce.input stream.reduce.input.field.separator
stream.reduce.input.writer.class stream.reduce.output stream.reduce.output.field.separator
stream.reduce.output.reader.class stream.reduce.streamprocessor stream.stderr.reporter.prefix stream.tmpdir
streamtools.input.member streamtools.input.onerror streamtools.split.packed textinputformat.record.delimiter
yarn.app.mapreduce.am.command-opts yarn.app.mapreduce.am.env yarn.app.mapreduce.am.log.level
yarn.app.mapreduce.am.resource.cpu-vcores yarn.app.mapreduce.am.resource.mb yarn.app.mapreduce.am.staging-dir
"""
PRESENT = frozenset({*DEFAULTS, *RENAMED.values(), *WITHOUT_DEFAULT.split()})
KNOWN = PRESENT | RENAMED.keys()
ELSEWHERE = (  # what the names of properties begin with that are not a job's, or that hold a part of one's own
    *("dfs.", "file.", "fs.", "ftp.", "hadoop.", "io.", "ipc.", "net.", "yarn."),
    *("mapreduce.jdbc.", "mapreduce.shuffle.", "mapreduce.multipleoutputs."),
    *("mapreduce.map.resource.", "mapreduce.reduce.resource.", "stream.recordreader."),
)
LIKE = 0.9  # share of equal letters: names that differ in one word, map and reduce, stay below it


def find_meant(names: Iterable[str]) -> dict[str, str]:
    """Map each name that is not known, but much like a known one, to that one."""
    unknown = [name for name in names if name not in KNOWN and not name.startswith(ELSEWHERE)]
    if not unknown:
        return {}
    from difflib import get_close_matches

    found = {name: get_close_matches(name, KNOWN, 1, LIKE) for name in unknown}
    return {name: close[0] for name, close in found.items() if close}
