"""The help text of Hadoop Streaming's command line."""

OPTIONS_OF_HADOOP = """\
Hadoop Streaming's own options, generic ones first:
  -D NAME=VALUE  -conf FILE  -files F[#LINK],...  -archives F,...  -libjars F,...  -fs URI  -jt local|HOST:PORT
then
  -input PATH...          input files, directories or patterns; separate several by commas
  -output DIR             directory for the results; must not exist
  -mapper CMD|CLASS       -combiner CMD|CLASS       -reducer CMD|CLASS|NONE|aggregate
  -numReduceTasks N       -partitioner CLASS        -inputformat CLASS         -outputformat CLASS
  -inputreader SPEC       -io text|keyonlytext|rawbytes|typedbytes             -cmdenv NAME=VALUE
  -lazyOutput  -background  -verbose  -info  -help
old ones, still accepted: -file F  -cacheFile F#LINK  -cacheArchive F#LINK  -jobconf NAME=VALUE  -dfs URI
sub-commands: dumptb PATTERN  loadtb FILE
"""
