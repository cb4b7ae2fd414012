// Package e2e holds the tests that use the action as a workflow does: under
// act, which runs whole workflows, and in the stand-in of test/runner, which is
// as strict as GitHub's runner. They know action.yml and the program, and
// nothing of the code behind it but how to read evidence.
package e2e
