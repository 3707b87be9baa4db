"""What a job ships to nodes on which nothing of streamtools is installed.

job --find_needs--> Needs --stage--> Shipment --hadoop_argv--> the command line
    reads scripts         writes archives
"""
