// What another site's page may make a browser ask, and what it may not.
#include "engine/export/http/same_site.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace floodgauge {
namespace {

TEST(SameSite, KnowsTheNamesOfTheSensor) {
  struct Case {
    const char* host;
    bool own;
    const char* what;
  };
  const Case cases[] = {
      {"", true, "a program of HTTP/1.0 sends no Host"},
      {"127.0.0.1:9733", true, "an address"},
      {"192.0.2.7", true, "an address without a port"},
      {"[::1]:9733", true, "an IPv6 address"},
      {"[2001:db8::7]", true, "an IPv6 address without a port"},
      {"2001:db8::7", true, "an IPv6 address without brackets"},
      {"localhost:9733", true, "localhost"},
      {"LOCALHOST", true, "in capitals"},
      {"fg.localhost:9733", true, "a name in localhost (RFC 6761, section 6.3)"},
      {"sensor:9733", true, "a name without a dot, as in a container network"},
      {"sensor.example.net", true, "a configured name"},
      {"Sensor.Example.Net.:9733", true, "the same with the root and a port"},
      {"evil.example:9733", false, "another site's name"},
      {"sensor.example.net.evil.example", false, "a configured name within another one"},
      {"evil.example.localhost.evil.example", false, "localhost within another name"},
      {"xlocalhost.example", false, "a name that ends like none of them"},
      {"127.0.0.1.evil.example:9733", false, "an address within a name"},
      {"127.1.evil.example", false, "a short address within a name"},
      {"[::1].evil.example", false, "more than a port behind an IPv6 address"},
      {".localhost", false, "an empty name in localhost"},
      {".", false, "the root"},
      {"[", false, "half a bracket"},
      {":9733", false, "a port alone"},
  };
  const SiteRules rules{.names = {"sensor.example.net"}};
  for (const Case& c : cases) EXPECT_EQ(is_own_name(c.host, rules), c.own) << c.what;
  EXPECT_FALSE(is_own_name("sensor.example.net", {})) << "the name is not configured";
  char name[256] = {};
  ASSERT_EQ(gethostname(name, sizeof(name) - 1), 0);
  EXPECT_TRUE(is_own_name(std::string(name) + ":9733", {})) << "the machine's own name";
}

HttpRequest request(const std::string& method, const std::string& host,
                    const std::string& origin = "", const std::string& fetch_site = "") {
  HttpRequest made;
  made.method = method;
  made.path = "/-/reload";
  made.host = host;
  made.origin = origin;
  made.fetch_site = fetch_site;
  return made;
}

TEST(SameSite, RefusesChangesThatAnotherSitesPageAsksFor) {
  struct Case {
    HttpRequest request;
    bool refused;
    const char* what;
  };
  const std::string own = "127.0.0.1:9733";
  const Case cases[] = {
      {request("POST", own), false, "a program"},
      {request("POST", own, "http://127.0.0.1:9733"), false, "the sensor's own page"},
      {request("POST", own, "http://127.0.0.1:9733", "same-origin"), false, "the same, told twice"},
      {request("POST", own, "", "none"), false, "what the user asked for"},
      {request("POST", own, "https://fg.example.net", "same-origin"), false,
       "a proxy has changed Host, and the browser says that the page is the proxy's"},
      {request("POST", own, "http://evil.example"), true, "another site's page"},
      {request("PUT", own, "http://evil.example"), true, "the same with PUT"},
      {request("DELETE", own, "http://evil.example"), true, "the same with DELETE"},
      {request("POST", own, "null"), true, "a page without an origin, such as a sandboxed frame"},
      {request("POST", own, "http://127.0.0.1:8000"), true, "another port is another origin"},
      {request("POST", own, "http://127.0.0.1:9733", "cross-site"), true, "by Sec-Fetch-Site"},
      {request("POST", own, "", "same-site"), true, "another port of the same machine"},
      {request("POST", own, "", "nonsense"), true, "an unknown word"},
      {request("POST", "evil.example:9733"), true, "a foreign name"},
      {request("POST", "evil.example:9733", "http://evil.example:9733", "same-origin"), true,
       "a page whose name was made to resolve to the sensor"},
      {request("GET", own, "http://evil.example", "cross-site"), false, "reading changes nothing"},
      {request("HEAD", "evil.example"), false, "reading under a foreign name, where it may"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(!refusal_of_site(c.request, {}).empty(), c.refused) << c.what;
  }
}

TEST(SameSite, ReadingUnderAForeignNameIsRefusedWhereOnlyThisMachineMayRead) {
  const SiteRules rules{.reading_needs_a_name = true};
  EXPECT_NE(refusal_of_site(request("GET", "evil.example:9733"), rules), "");
  EXPECT_EQ(refusal_of_site(request("GET", "localhost:9733"), rules), "");
  EXPECT_EQ(refusal_of_site(request("GET", "evil.example:9733"), {}), "");
}

TEST(SameSite, KnowsAddressesThatOnlyThisMachineReaches) {
  for (const char* one : {"127.0.0.1:9733", "127.0.0.2:0", "[::1]:9733", "localhost:9733"}) {
    EXPECT_TRUE(is_loopback(one)) << one;
  }
  for (const char* one :
       {"0.0.0.0:9733", "[::]:9733", ":9733", "192.0.2.7:9733", "", "127.evil.example:80"}) {
    EXPECT_FALSE(is_loopback(one)) << one;
  }
}

}  // namespace
}  // namespace floodgauge
