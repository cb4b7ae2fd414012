// Not a trick: a program for the dynamic loader.
#include "trick.h"

int main(void)
{
	is_secret(open_secret("secret"));
	return 0;
}
