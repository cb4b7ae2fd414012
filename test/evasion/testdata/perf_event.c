// perf_event_open on oneself: what a side channel needs.
#include "trick.h"
#include <linux/perf_event.h>

int main(void)
{
	struct perf_event_attr a = {.type = PERF_TYPE_SOFTWARE, .size = sizeof a, .config = PERF_COUNT_SW_TASK_CLOCK, .exclude_kernel = 1};
	may(syscall(SYS_perf_event_open, &a, 0, -1, -1, PERF_FLAG_FD_CLOEXEC), "perf_event_open");
	return 0;
}
