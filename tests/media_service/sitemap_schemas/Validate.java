import java.io.File;
import javax.xml.transform.Source;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.SchemaFactory;

/** Validates documents against both schemas; says what is wrong with the first that is not valid. */
public class Validate {
    public static void main(String[] names) throws Exception {
        var factory = SchemaFactory.newInstance("http://www.w3.org/2001/XMLSchema");
        var schema = factory.newSchema(new Source[] {new StreamSource(new File(names[0])), new StreamSource(new File(names[1]))});
        for (int at = 2; at < names.length; at++) {
            try {
                schema.newValidator().validate(new StreamSource(new File(names[at])));
            } catch (org.xml.sax.SAXException wrong) {
                System.out.println(names[at] + ": " + wrong.getMessage());
                System.exit(1);
            }
        }
    }
}
