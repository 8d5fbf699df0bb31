"""What the words beside a number say that it is: data for values.py. Left cues stand before the number, right cues behind it.

Cues are compared with the folded text right at the number, spaces and `:=#` between them ignored; the longest that fits wins.
"""

from __future__ import annotations

# kind -> (left cues, right cues), for plain numbers
NUMBERS: dict[str, tuple[str, str]] = {
    # numbers that tell what was seen
    "observed": ("exit code|exit status|error|status|code|returns|退出码|状态码|返回码|http|at|to|version|priority|port is", "threads|个线程|connections|users|clients|workers|cores|servers|machines|replicas|种|台|%"),
    "pid": (
        "pid|pids|pid is|pid of|process|processes|process id|processes with pid|process ids|process number|pid number|进程|进程号|进程id|进程为|pid为|pid是|pid 为|进程 id|进程号为|processid",
        "进程|这个进程|号进程|process|的进程|那个进程",
    ),
    "ppid": ("parent pid|ppid|parent process|parent|children of|children of pid|child processes of|started by pid|forked by|父进程|父进程号|父进程id|ppid为|parent is", "的子进程|启动的"),
    "tid": ("tid|thread|thread id|threads|tids|线程|线程号|线程id|tid为|lwp", "线程|号线程"),
    "uid": ("uid|user id|userid|uids|user with id|用户id|uid为|uid是|用户 id|user", "这个用户|号用户"),
    "cpu": ("cpu|core|cpu number|processor|cpu#|on cpu|cpu号|核|核心|cpus", "号cpu|号核"),
    "port": ("port|ports|端口|port number|tcp port|端口号", "端口|port|这个端口|号端口|两个端口"),
    "local_port": ("local port|local ports|source port|lport|listening port|本地端口|源端口|listening on port|listening on|监听端口|listens on|server port", "本地端口|监听端口"),
    "remote_port": ("remote port|remote ports|destination port|destination ports|dport|dst port|dest port|rport|to port|to ports|远端端口|目标端口|目的端口|对端端口|远程端口|peer port", "远端端口|目标端口"),
    "signal": ("signal|sig|signal number|kill -|信号", "信号|号信号"),
    "top_n": ("top|first|the busiest|busiest|the biggest|biggest|the|largest|heaviest|worst|前|最大的|最多的|前面|limit to|only the|top-|hottest|slowest|most expensive|show the|maximum of|at most|no more than|最忙的|取前|只看前|只列|rows|maxrows", "busiest|biggest|largest|heaviest|worst|hottest|slowest|top|most|rows|entries|个最|that add up|users|consumers|最大|最多|大户|stacks|most active|most frequent|most expensive|processes with the|files with|名"),
    "errno": ("errno|error code|错误码|error number", ""),
    "sample_one_in": ("one in|1 in|one in a|1 in a|one of every|one out of|1 out of|1 of every|one in every|1/|每|one per|only every|one out of every|every", "th allocation|th event|th|分之一|个采样|次采样|次分配采|取一个|个取一|抽一"),
    "netns": ("network namespace|netns|net namespace|network ns|namespace|网络命名空间|网络名字空间|命名空间", "网络命名空间"),
    "pidns": ("pid namespace|pidns|pid命名空间", ""),
    "stack_depth": ("depth|stack depth|max depth|栈深", "deep|frames|层"),
    "max_args": ("up to|at most|first|最多", "arguments|args|个参数"),
    "events_limit": ("stop after|stop once|exit after|only the first|first|after|once|停在|抓够|满|前", "have failed|events|calls|个事件|条|then stop|then exit|and stop|and exit|个就停|次就停|条就停|failures"),
    "string_size": ("string size|strings of", "characters|chars|个字符"),
    "count": ("count|count of|repeat|x|共|总共|一共|times|重复|做|出|来|output|打印|输出", "of them|of those|of these|in all|in total|times|次|遍|份|张|个就行|组|intervals|rounds|windows|intervals in total|altogether"),
    "duration": ("duration|for|持续", ""),
    "interval": ("interval|interval of|间隔", ""),
    "buffer": ("buffer|buffer pages|缓冲区|perf buffer", "buffer pages|pages of buffer"),
    "frequency": ("frequency|frequency of|频率|采样频率", ""),
}

# kind -> (left cues, right cues), for times with a unit
TIMES: dict[str, tuple[str, str]] = {
    # what somebody saw, not what they ask for
    "observed": (
        "stall for|stall for about|stalls for|stalls for about|hang for|hangs for|hangs for about|hang for about|freeze for|freezes for|freezes for about|freeze for about|pause for|pauses for|pauses of|stuck for|times a|times an|"
        "once a|once an|twice a|couple of times a|dies after|restarts every|crashes every|lags for|blocks for|卡住|卡|卡了|卡顿|每小时|一卡就是|停顿|hangs|stalls|freezes|pauses|spikes of|spikes to|spike to|jumps to|goes up to|from|p99 of|timeout of",
        "stalls|pauses|hangs|freezes|freeze|hiccups|hiccup|spikes|deadline|timeout|timeouts|latency spikes|now and then|every now and then|的卡顿|的停顿|左右的卡顿|左右就",
    ),
    "interval": (
        "every|each|per|interval|interval of|intervals of|once every|once per|once each|once a|a|in|refresh every|update every|refreshed every|每|每隔|间隔|间隔为|每过|隔|every other|"
        "windows of|summaries every|report every|a report every|period of|周期",
        "interval|intervals|window|windows|summaries|summary|once|apart|一次|一回|一轮|刷新|一刷|一份|报一次|打一次|统计一次|一报|汇总|间隔|steps|step|buckets|slices|histograms|reports|report|updates|update|一个直方图|输出一次|出一次|打印一次|一条|period|chunks|snapshots|一张|averages|samples|各一次|refresh|refreshes|screen|screens|的间隔|为间隔|为周期|rows",
    ),
    "threshold": (
        "than|over|above|exceeding|exceeds|exceed|at least|>|>=|≥|beyond|more than|longer than|slower than|greater than|needed longer than|min|minimum|minimum of|or more than|older than|not less than|no less than|threshold of|threshold|"
        "超过|大于|长于|高于|不少于|至少|慢于|多于|高过|超出|不低于|阈值|超|在|晚于|超过了|allow|past|is over|took|takes|taking|last|lasting over|stuck for|hang for|stall for|stalls of|blocked for|waits of",
        "or longer|or more|or slower|or above|and up|and above|以上|的都|或以上|or over|+|plus|or older|才|没还|还没|之上|及以上|or worse|threshold",
    ),
    "threshold_max": (
        "less than|under|below|at most|shorter than|<|<=|≤|faster than|小于|低于|不超过|少于|短于|max|maximum|no more than|up to|no longer than|快于|younger than|maximum of|最多",
        "or less|以内|以下|or faster|之内的|or shorter|and below|内的",
    ),
    "duration": (
        "for|next|for the next|over the next|during|during the next|within|within the next|after|stop after|quit after|exit after|lasting|run|running|runs|for about|for around|about|for just|total|total of|for a total of|for at most|limit|limit to|"
        "in the next|the coming|duration|duration of|record|sample|watch|watch for|only|trace|collect|capture|take|give it|time limit|end after|ends after|stop it after|over a period of|whole|the whole|for the whole|stop in|over|"
        "跑|持续|盯|看|跟|运行|追踪|抓|采|跟踪|采样|接下来|未来|监控|观察|总共|共|一共|收集|录|先|跑个|看个|盯个|盯着|统计|抓取|采集|时长|只跑|只看|来个|搞|测|后停|近|只要|时间|总时长|限时|跟个|连续|采个|抓个|运行时间|最近",
        "total|long|only|in total|in all|altogether|worth|run|trace|sample|的|内|之内|里|后停|就停|后停止|就行|就够|后结束|后退出|钟|flame graph|recording|capture|period|profile|后自动停止|of tracing|of data|at most|and stop|then stop|and quit|then quit|window",
    ),
}

# kind -> (left cues, right cues), for sizes
SIZES: dict[str, tuple[str, str]] = {
    "size_max": ("at most|less than|under|below|smaller than|up to|max|maximum|<|<=|≤|不超过|小于|低于|最多|no more than|no bigger than|limit|cap", "or less|or smaller|以内|以下|per call|max"),
    "size_min": ("than|over|above|at least|bigger than|larger than|exceeding|more than|greater than|>|>=|≥|min|minimum|超过|大于|至少|不小于|不少于", "or more|or bigger|or larger|以上|及以上|and up|and larger"),
}
