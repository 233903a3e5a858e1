"""Why a match was proposed, today and years later."""
