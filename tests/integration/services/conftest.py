"""What tests of services share: the plans of their queries."""

from tests.support.query_plans import plans
