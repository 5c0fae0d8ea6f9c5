// GET /api/v1/explain: why a target is, or is not, called a flood; with `at`, why it was not then.
#pragma once

#include <functional>
#include <string>

#include "detectors/explainer.h"
#include "engine/export/http/http_message.h"
#include "engine/model/snapshot.h"

namespace floodgauge {

/// `explain`: asks the merging thread; may be empty. `history`: path; empty: none is kept.
HttpResponse explain_answer(const HttpRequest& request, const EngineSnapshot& snapshot,
                            const std::function<ExplainAnswer(const std::string&)>& explain,
                            const std::string& history);

}  // namespace floodgauge
